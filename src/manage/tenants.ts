/** Tenants: added, changed and removed. What the configuration says of one, and a provider that is not there, is refused. */

import { type Directory, findTenant } from '../access/directory.ts';
import type { Clock } from '../core/clock.ts';
import type { DeclaredTenant } from '../core/declared-tenant.ts';
import type { NewId } from '../core/ids.ts';
import type { TenantSettings, TenantSettingsChange } from '../core/tenant-settings.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Audit } from './audit/audit.ts';
import type { AuditNote, Caller } from './audit/caller.ts';
import { checkDeclared, checkRemoval, checkTenantProviders, checkTenantTracking } from './tenant-changes.ts';

export interface Tenants {
  /** Its name is the slug where none is given. */
  add(
    caller: Caller,
    input: { slug: string; name?: string | undefined; settings?: TenantSettings | undefined },
  ): Promise<Tenant>;
  /** Changes what is given. `tenant` is a slug or an id, also below. */
  set(
    caller: Caller,
    input: {
      tenant: string;
      name?: string | undefined;
      active?: boolean | undefined;
      settings?: TenantSettingsChange | undefined;
    },
  ): Promise<Tenant>;
  /** `isGone`: nothing is left of it; else it is closed, and what it had is being taken away. */
  remove(
    caller: Caller,
    input: { tenant: string; force: boolean },
  ): Promise<{ readonly tenant: Tenant; readonly isGone: boolean }>;
}

export interface TenantsDeps {
  readonly store: StorePart<'tenants.add' | 'tenants.set' | 'tenants.remove' | 'tenants.clear'>;
  readonly directory: Directory;
  readonly audit: Pick<Audit, 'act'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
  readonly providerNames: () => Promise<readonly string[]>;
  /** By slug, the tenants that the configuration declares. */
  readonly declaredTenants: () => ReadonlyMap<string, DeclaredTenant>;
  /** Whether readers of mail can reach this platform. */
  readonly canTrack: () => boolean;
  /** Tells the outbox that something may be due that was not before. */
  readonly wake: () => void;
  /** A tenant was closed that has much to be taken away. */
  readonly tenantClosed: () => void;
}

/** Rows that go in one commit, and how many such commits a caller waits for. */
const PIECE = 50;
const PIECES_AT_ONCE = 20;

export function createTenants(deps: TenantsDeps): Tenants {
  const { store, directory, audit, clock, newId, providerNames, declaredTenants, canTrack } = deps;

  function actOn<T>(
    caller: Caller,
    { action, tenant: named }: { action: string; tenant: string },
    work: (tenant: Tenant, note: (more: AuditNote) => void) => Promise<T>,
  ): Promise<T> {
    return audit.act(caller, { action, tenant: named, target: named }, async (note) => {
      const tenant = await findTenant(directory, named);
      note({ tenant: tenant.slug, target: tenant.slug });
      return work(tenant, note);
    });
  }

  return {
    add: (caller, { slug, name = slug, settings = {} }) =>
      audit.act(caller, { action: 'tenant.add', tenant: slug, target: slug }, async () => {
        checkTenantProviders(settings, { known: await providerNames() });
        checkTenantTracking(settings, canTrack());
        const tenant = await store.tenants.add({ id: newId(), slug, name, settings, now: clock.now() });
        directory.forget();
        return tenant;
      }),
    set: (caller, { tenant: named, ...change }) =>
      actOn(caller, { action: 'tenant.set', tenant: named }, async (before, note) => {
        const { name, active, settings } = before;
        note({ before: { name, active, settings } });
        checkDeclared(declaredTenants().get(before.slug), change);
        checkTenantProviders(change.settings ?? {}, { known: await providerNames(), before: settings });
        checkTenantTracking(change.settings ?? {}, canTrack());
        const changed = await store.tenants.set({
          ...{ tenantId: before.id, now: clock.now() },
          ...(change.name !== undefined && { name: change.name }),
          ...(change.active !== undefined && { active: change.active }),
          ...(change.settings !== undefined && { settings: given(change.settings) }),
        });
        directory.forget();
        if (changed.active && !active) deps.wake();
        return changed;
      }),
    remove: (caller, { tenant: named, force }) =>
      actOn(caller, { action: 'tenant.remove', tenant: named }, async (tenant) => {
        checkRemoval(tenant.slug, declaredTenants().get(tenant.slug));
        await store.tenants.remove({ tenantId: tenant.id, force, now: clock.now() });
        directory.forget();
        for (let piece = 0; piece < PIECES_AT_ONCE; piece++) {
          if ((await store.tenants.clear({ limit: PIECE })).isDone) return { tenant, isGone: true };
        }
        deps.tenantClosed();
        return { tenant, isGone: false };
      }),
  };
}

/** Without the members that are undefined, which zod's optional fields may be and the store's are not. */
function given<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
