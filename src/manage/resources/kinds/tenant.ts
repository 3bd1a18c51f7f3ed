/** Tenants as resources. The name is the slug. */

import * as z from 'zod';
import { IepError } from '../../../core/errors.ts';
import { tenantSettingsSchema } from '../../../core/tenant-settings.ts';
import type { StorePart } from '../../../db/verbs/store.ts';
import type { Tenant } from '../../../db/verbs/tenants.ts';
import { displayName } from '../../fields.ts';
import { checkDeclared, checkRemoval, checkTenantProviders, checkTenantTracking } from '../../tenant-changes.ts';
import type { TenantsDeps } from '../../tenants.ts';
import { changesOf } from '../differences.ts';
import type { Present, ResourceKind, Run } from '../kind.ts';

const schema = z.strictObject({
  name: displayName.optional(),
  active: z.boolean().optional(),
  settings: tenantSettingsSchema.optional(),
});

export function tenantKind(deps: {
  readonly store: StorePart<'tenants.list'>;
  readonly declaredTenants: TenantsDeps['declaredTenants'];
  readonly canTrack: TenantsDeps['canTrack'];
}): ResourceKind {
  const { store, declaredTenants, canTrack } = deps;
  const all = async () => (await store.tenants.list()).map(presentOf);
  const presentOf = ({ slug, name, active, settings, createdAt }: Tenant): Present & { name: string } => ({
    ...{ ref: slug, name: slug, createdAt, spec: { name, active, settings } },
    source: declaredTenants().has(slug) ? 'config' : 'command',
  });
  const find = async (ref: string) => (await store.tenants.list()).find(({ slug }) => slug === ref);

  return {
    ...{ apiVersion: 'iep/v1', kind: 'Tenant', plural: 'tenants', of: 'platform', isOperators: true },
    summary: 'A team or product whose mail is kept apart; metadata.name is its slug',
    schema,
    groups: ['settings'],
    list: async () => ({ items: await all() }),
    find: async (_owner, ref) => (await all()).find((one) => one.ref === ref),
    async add({ name: slug, spec, run }) {
      const { settings = {}, active = true } = schema.parse(spec);
      checkTenantProviders(settings, { known: run.providers });
      checkTenantTracking(settings, canTrack());
      const { id: tenantId, name } = newTenant(run, slug);
      const off = { verb: 'tenants.set', input: { tenantId, active, now: run.now } } as const;
      return {
        ...{ ref: slug, action: 'tenant.add', target: slug, note: { tenant: slug }, follows: ['directory'] },
        writes: [
          { verb: 'tenants.add', input: { id: tenantId, slug, name, settings, now: run.now } },
          ...(active ? [] : [off]),
        ],
      };
    },
    async set({ present, changes, run }) {
      const before = await tenantOf(find, present.ref);
      const settings = changesOf(changes, 'settings');
      const change = {
        ...(changes.has('name') && { name: String(changes.get('name') ?? present.ref) }),
        ...(changes.has('active') && { active: changes.get('active') !== false }),
        ...(settings !== undefined && { settings }),
      };
      checkDeclared(declaredTenants().get(present.ref), change);
      checkTenantProviders(settings ?? {}, { known: run.providers, before: before.settings });
      checkTenantTracking(settings ?? {}, canTrack());
      return {
        ...{ ref: present.ref, action: 'tenant.set', target: present.ref },
        note: { tenant: present.ref, before: present.spec, after: change },
        writes: [{ verb: 'tenants.set', input: { tenantId: before.id, ...change, now: run.now } }],
        follows: ['directory', 'wake'],
      };
    },
    async remove({ present: { ref }, run }) {
      checkRemoval(ref, declaredTenants().get(ref));
      const { id: tenantId } = await tenantOf(find, ref);
      return {
        ...{ ref, action: 'tenant.remove', target: ref, note: { tenant: ref } },
        writes: [{ verb: 'tenants.remove', input: { tenantId, force: false, now: run.now } }],
        follows: ['directory', 'tenantClosed'],
      };
    },
  };
}

function newTenant({ newTenants }: Run, slug: string): Tenant {
  const tenant = newTenants.get(slug);
  if (tenant === undefined) throw new Error(`the run does not know the tenant ${slug}`);
  return tenant;
}

async function tenantOf(find: (slug: string) => Promise<Tenant | undefined>, slug: string): Promise<Tenant> {
  const tenant = await find(slug);
  if (tenant === undefined) throw new IepError('not_found', `No tenant is called ${slug}`);
  return tenant;
}
