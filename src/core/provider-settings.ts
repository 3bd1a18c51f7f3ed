/** What a provider is told, for all who pass it on without knowing its type: the configuration, the store, the API. */

import * as z from 'zod';

export const providerName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be lower-case letters, digits, _ and -, at most 64');

export interface ProviderSettings {
  readonly type: string;
  readonly maxPerSecond?: number | undefined;
  readonly formerNames?: readonly string[] | undefined;
  /** What these are is known to the type alone. */
  readonly [setting: string]: unknown;
}
