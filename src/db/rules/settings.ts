/** A tenant's settings after a change: what is not named stays, and what is null goes. */

import type { TenantSettings, TenantSettingsChange } from '../../core/tenant-settings.ts';

export function changedSettings(known: TenantSettings, change: TenantSettingsChange = {}): TenantSettings {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    Object.entries({ ...known, ...Object.fromEntries(given) }).filter(([, value]) => value !== null),
  );
}
