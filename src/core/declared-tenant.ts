/** A tenant of the configuration. */

import type { TenantSettings } from './tenant-settings.ts';

/** What the configuration says of a tenant. */
export interface DeclaredTenant {
  readonly name?: string | undefined;
  readonly active?: boolean | undefined;
  readonly settings: TenantSettings;
  readonly domains?: readonly { readonly domain: string }[];
}
