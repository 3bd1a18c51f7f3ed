/** What must be in the store before the doors open: the tenants that the configuration declares, and in --dev one to begin with. */

import { isDeepStrictEqual } from 'node:util';
import type { Keys } from '../access/keys.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { NewId } from '../core/ids.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { type Audit, systemActor } from './audit/audit.ts';
import type { Domains } from './domains/domains.ts';

export interface FirstRun {
  /** Slug of the tenant that was made. */
  readonly tenant: string;
  /** Its API key, which is kept nowhere. */
  readonly key: string;
}

export interface ProvisionDeps {
  readonly store: StorePart<'tenants.list' | 'tenants.add' | 'tenants.set' | 'keys.list' | 'domains.list'>;
  readonly keys: Pick<Keys, 'issue'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
  readonly audit: Pick<Audit, 'record'>;
  readonly addDomain: (domain: Parameters<Domains['add']>[0]) => Promise<unknown>;
}

export type TenantDeps = Omit<ProvisionDeps, 'keys'>;
type Declared = Omit<Config['tenants'][number], 'domains'> & Partial<Pick<Config['tenants'][number], 'domains'>>;

/** The tenant of `--dev`. */
export const DEV_TENANT = 'default';

/** Brings the declared tenants into the store: what the configuration says wins, what it leaves out stays. */
export async function provisionTenants(deps: TenantDeps, declared: readonly Declared[]): Promise<void> {
  if (declared.length === 0) return;
  const known = new Map((await deps.store.tenants.list()).map((tenant) => [tenant.slug, tenant]));
  for (const one of declared) {
    const tenant = known.get(one.slug);
    const { slug, name, active, settings } = one;
    const current = tenant ?? (await add(deps, one));
    const isOther = differs(current, one);
    if (isOther) {
      await deps.store.tenants.set({
        tenantId: current.id,
        ...(name !== undefined && { name }),
        ...(active !== undefined && { active }),
        settings,
        now: deps.clock.now(),
      });
    }
    const changes = { name, active, settings };
    if (tenant === undefined) await record(deps, { action: 'tenant.add', slug, changes });
    else if (isOther) {
      const before = { name: tenant.name, active: tenant.active, settings: tenant.settings };
      await record(deps, { action: 'tenant.set', slug, changes: { ...changes, before } });
    }
    await provisionDomains(deps, current, one.domains);
  }
}

async function provisionDomains(
  deps: TenantDeps,
  { id, slug }: Tenant,
  declared: Declared['domains'] = [],
): Promise<void> {
  if (declared.length === 0) return;
  const known = await deps.store.domains.list({ tenantId: id });
  for (const { domain, shared } of declared) {
    const isThere = known.some((one) => one.domain === domain && one.addedBy === 'operator' && one.shared === shared);
    if (isThere) continue;
    try {
      await deps.addDomain({ tenantId: id, domain, by: 'operator', shared });
    } catch (error) {
      if (!(error instanceof IepError) || error.code !== 'conflict') throw error;
      throw new IepError('bad_config', `The tenant ${slug} cannot have ${domain}: ${error.message}`);
    }
    await record(deps, { action: 'domain.add', slug, changes: { domain, shared } });
  }
}

/** The tenant `default`, where it is not there yet. */
export async function provisionDev(deps: TenantDeps): Promise<void> {
  if (await devTenant(deps)) return;
  const tenant = await add(deps, { slug: DEV_TENANT, settings: { anySender: true } });
  await record(deps, { action: 'tenant.add', slug: tenant.slug, changes: {} });
}

/**
 * The first key of that tenant, shown by `--dev`; undefined when the tenant has had one. To be made when nothing can keep the
 * daemon from starting any more: it is shown once.
 */
export async function provisionFirstKey(deps: ProvisionDeps): Promise<FirstRun | undefined> {
  const tenant = await devTenant(deps);
  if (tenant === undefined || (await deps.store.keys.list({ tenantId: tenant.id })).length > 0) return undefined;
  const { key, row } = await deps.keys.issue({
    tenantId: tenant.id,
    scopes: ['send', 'read', 'admin'],
    name: 'first run',
  });
  await record(deps, { action: 'key.add', slug: tenant.slug, changes: { keyId: row.id, scopes: row.scopes } });
  return { tenant: tenant.slug, key };
}

async function devTenant({ store }: TenantDeps): Promise<Tenant | undefined> {
  return (await store.tenants.list()).find(({ slug }) => slug === DEV_TENANT);
}

function record(
  { audit }: Pick<ProvisionDeps, 'audit'>,
  { action, slug, changes }: { action: string; slug: string; changes: Readonly<Record<string, unknown>> },
): Promise<void> {
  const actor = systemActor('configuration');
  return audit.record({ actor, source: 'local', action, outcome: 'done', tenant: slug, target: slug, changes });
}

function add(
  { store, clock, newId }: Pick<TenantDeps, 'store' | 'clock' | 'newId'>,
  { slug, name, settings }: Pick<Declared, 'slug' | 'name' | 'settings'>,
): Promise<Tenant> {
  return store.tenants.add({ id: newId(), slug, name: name ?? slug, settings, now: clock.now() });
}

function differs(tenant: Tenant, { name, active, settings }: Declared): boolean {
  if (name !== undefined && name !== tenant.name) return true;
  if (active !== undefined && active !== tenant.active) return true;
  const kept: Readonly<Record<string, unknown>> = { ...tenant.settings };
  return Object.entries(settings).some(([key, value]) => value !== undefined && !isDeepStrictEqual(kept[key], value));
}
