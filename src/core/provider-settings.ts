/** What a provider is told, for all who pass it on without knowing its type: the configuration, the store, the API. */

export interface ProviderSettings {
  readonly type: string;
  readonly maxPerSecond?: number | undefined;
  /** What these are is known to the type alone. */
  readonly [setting: string]: unknown;
}
