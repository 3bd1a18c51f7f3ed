/** What the calls about tenants must know of the configuration: it wins over them, and says which ways out there are. */

import type { Config } from '../config/schema.ts';
import type { AppDeps } from '../http/deps.ts';

export function declarations(config: Config): Pick<AppDeps, 'providerNames' | 'declaredTenants'> {
  const providers = Object.keys(config.providers);
  const tenants = new Map(config.tenants.map((tenant) => [tenant.slug, tenant]));
  return { providerNames: async () => providers, declaredTenants: () => tenants };
}
