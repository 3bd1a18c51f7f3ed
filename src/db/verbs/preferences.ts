/** What subscribers want to be told. */

import type { Preferences } from '../../core/preferences.ts';

export interface KeptPreferences {
  readonly preferences: Preferences;
  readonly updatedAt: number;
}

export interface PreferenceVerbs {
  /** Of each of these subscribers that has said something, by id. */
  of(input: { tenantId: string; ids: readonly string[] }): Promise<Readonly<Record<string, KeptPreferences>>>;
  /** In place of those before. Refuses with `not_found` where the subscriber is not there. */
  set(input: { tenantId: string; id: string; preferences: Preferences; now: number }): Promise<KeptPreferences>;
}
