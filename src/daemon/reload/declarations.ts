/** What the calls about tenants must know of the configuration: it wins over them, and says which providers there are. */

import type { ManageDeps } from '../../manage/manage.ts';
import type { LiveConfig } from './live-config.ts';

export type Declarations = Pick<ManageDeps, 'providerNames' | 'declaredTenants' | 'maxSuppressions' | 'canTrack'>;

export function declarations(config: LiveConfig, providerNames: ManageDeps['providerNames']): Declarations {
  const declared = config.options(({ tenants }) => ({ bySlug: new Map(tenants.map((one) => [one.slug, one])) }));
  return {
    providerNames,
    declaredTenants: () => declared.bySlug,
    canTrack: () => config.now().http.publicUrl !== undefined,
    maxSuppressions: () => config.now().suppressions.maxPerTenant,
  };
}
