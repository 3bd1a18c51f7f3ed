/** What the calls about tenants must know of the configuration: it wins over them, and says which ways out there are. */

import type { Config } from '../config/schema.ts';
import type { AppDeps } from '../http/deps.ts';

export interface Declarations extends Pick<AppDeps, 'providerNames' | 'declaredTenants'> {
  /** The configuration was read again. */
  declareTenants(tenants: Config['tenants']): void;
}

export function declarations(config: Config): Declarations {
  const providers = Object.keys(config.providers);
  const bySlug = (tenants: Config['tenants']) => new Map(tenants.map((tenant) => [tenant.slug, tenant]));
  let declared = bySlug(config.tenants);
  return {
    providerNames: async () => providers,
    declaredTenants: () => declared,
    declareTenants(tenants) {
      declared = bySlug(tenants);
    },
  };
}
