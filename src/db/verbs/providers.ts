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
  providers(): Promise<readonly StoredProvider[]>;
  /** Refuses with `conflict` where there is one of that name. */
  addProvider(provider: StoredProvider): Promise<void>;
  /** False: no such provider. */
  setProvider(input: { name: string; settings: string; now: number }): Promise<boolean>;
  removeProvider(input: { name: string }): Promise<boolean>;
}
