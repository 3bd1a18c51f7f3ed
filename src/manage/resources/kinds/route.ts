/** Which providers a tenant's mail goes by, as a resource: one a tenant, called `default`. */

import { invalid } from '../../../core/invalid.ts';
import { type TenantSettings, tenantSettingsSchema } from '../../../core/tenant-settings.ts';
import { checkDeclared, checkTenantProviders } from '../../tenant-changes.ts';
import type { TenantsDeps } from '../../tenants.ts';
import type { Owner, Present, ResourceKind, Step } from '../kind.ts';
import { ownTenant } from '../owner.ts';

const fields = { primary: true, fallback: true, route: true, split: true, providers: true } as const;
type RouteSettings = Partial<Pick<TenantSettings, keyof typeof fields>>;
const schema = tenantSettingsSchema.pick(fields);
const NAME = 'default';

export function routeKind({ declaredTenants }: Pick<TenantsDeps, 'declaredTenants'>): ResourceKind {
  function step(
    owner: Owner,
    settings: Record<keyof RouteSettings, unknown>,
    run: { now: number; providers: readonly string[] },
  ): Step {
    const tenant = ownTenant(owner);
    const change = { settings } as { settings: RouteSettings };
    checkDeclared(declaredTenants().get(tenant.slug), change);
    checkTenantProviders(change.settings, { known: run.providers, before: tenant.settings });
    return {
      ...{ ref: NAME, action: 'tenant.set', target: tenant.slug, note: { tenant: tenant.slug, after: change } },
      writes: [{ verb: 'tenants.set', input: { tenantId: tenant.id, ...change, now: run.now } }],
      follows: ['directory', 'wake'],
    };
  }

  return {
    ...{ apiVersion: 'iep/v1', kind: 'Route', plural: 'routes', of: 'tenant', isOperators: true },
    summary: 'The providers that the mail of a tenant goes by; metadata.name is `default`',
    schema,
    calls: { settings: '' },
    list: async (owner) => ({ items: presentOf(owner).map((one) => ({ ...one, name: NAME })) }),
    find: async (owner, ref) => (ref === NAME ? presentOf(owner)[0] : undefined),
    async add({ owner, name, spec, run }) {
      if (name !== NAME) throw invalid([{ path: 'metadata.name', message: `must be ${NAME}: a tenant has one route` }]);
      return step(owner, spec as Record<keyof RouteSettings, unknown>, run);
    },
    set: async ({ owner, changes, run }) =>
      step(owner, Object.fromEntries([...changes].map(([path, value]) => [path, value ?? null])) as never, run),
    remove: async ({ owner, present, run }) =>
      step(owner, Object.fromEntries(Object.keys(present.spec).map((path) => [path, null])) as never, run),
  };
}

function presentOf(owner: Owner): readonly Present[] {
  const settings: RouteSettings = owner.tenant?.settings ?? {};
  const names = Object.keys(fields) as (keyof RouteSettings)[];
  const spec = Object.fromEntries(
    names.flatMap((name) => (settings[name] === undefined ? [] : [[name, settings[name]]])),
  );
  return Object.keys(spec).length === 0 ? [] : [{ ref: NAME, spec, source: 'command' }];
}
