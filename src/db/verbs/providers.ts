/** The store's verbs about providers made by command. */

export interface StoredProvider {
  readonly name: string;
  readonly type: string;
  /** Sealed by the vault for the context `provider:<name>`. */
  readonly settings: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface ProviderVerbs {
  /** By name. */
  list(): Promise<readonly StoredProvider[]>;
  /** Refuses with `conflict` where there is one of that name. */
  add(provider: StoredProvider): Promise<void>;
  /** False: no such provider. */
  set(input: { name: string; settings: string; now: number }): Promise<boolean>;
  remove(input: { name: string }): Promise<boolean>;

  /** What OAuth2 gave the provider last, or another secret of the daemon by a name that no provider has. Sealed for `token:<provider>`. */
  keptToken(input: { provider: string }): Promise<string | undefined>;
  /** Takes the place of the one before. It goes with a provider that is removed. */
  keepToken(input: { provider: string; token: string; now: number }): Promise<void>;
}
