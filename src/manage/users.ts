/**
 * Users: added, changed, reset and removed by the operator. Owners are made and changed by owners, or on the machine itself, so
 * that a key or an operator cannot become more than it is.
 */

import { type Directory, findTenant } from '../access/directory.ts';
import { newToken } from '../access/key-text.ts';
import { hashOf } from '../access/sessions.ts';
import { normalizeAddress } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { foldAddress } from '../core/fold.ts';
import type { NewId } from '../core/ids.ts';
import { invalid } from '../core/invalid.ts';
import type { MemberRole, PlatformRole } from '../core/roles.ts';
import type { Factors, UserRow } from '../db/verbs/people.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Audit } from './audit/audit.ts';
import type { AuditNote, Caller } from './audit/caller.ts';

/** Slug or id of a tenant, and the role there. */
export interface NamedMembership {
  readonly tenant: string;
  readonly role: MemberRole;
}

/** Shown once: who opens it sets the password of its user. */
export interface Link {
  readonly url: string;
  readonly expiresAt: number;
}

export interface ResetUser {
  readonly user: UserRow;
  readonly link: Link;
  /** What it had besides the password. */
  readonly removed: Factors | undefined;
}

export interface UserDesk {
  /** With `tenants` a member of those alone; else `role` is needed. */
  add(
    caller: Caller,
    input: {
      email: string;
      role?: PlatformRole | undefined;
      tenants?: readonly NamedMembership[] | undefined;
    },
  ): Promise<{ readonly user: UserRow; readonly link: Link }>;
  /** Changes what is given, and ends the sessions of the user. `user` is an id or an address, also below. */
  set(
    caller: Caller,
    input: {
      user: string;
      role?: PlatformRole | null | undefined;
      tenants?: readonly NamedMembership[] | undefined;
    },
  ): Promise<UserRow>;
  /** Takes away all that it signs in with, ends the sessions, and makes a link by which a password is set. */
  reset(caller: Caller, input: { user: string }): Promise<ResetUser>;
  remove(caller: Caller, input: { user: string }): Promise<UserRow>;
}

export interface UserDeskDeps {
  readonly store: StorePart<
    'people.addUser' | 'people.user' | 'people.setUser' | 'people.removeUser' | 'people.addLink'
  >;
  readonly directory: Directory;
  readonly audit: Pick<Audit, 'act'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
  /** Where people find the dashboard: `https://mail.example.com`. */
  readonly baseUrl: () => string;
}

const LINK_MS = 24 * 3_600_000;

export function createUserDesk(deps: UserDeskDeps): UserDesk {
  const { store, directory, audit, clock, newId } = deps;

  async function requireOwnersRight({ actor }: Caller): Promise<void> {
    if (actor.kind === 'local' || actor.kind === 'system') return;
    const isOwner = actor.kind === 'person' && (await store.people.user({ id: actor.id }))?.role === 'owner';
    if (isOwner) return;
    throw new IepError('forbidden', 'Only an owner makes and changes owners', {
      extra: { hint: 'Sign in as an owner, or run `iep user` on the machine of the daemon.' },
    });
  }

  function actOn<T>(
    caller: Caller,
    { action, user: named }: { action: string; user: string },
    work: (user: UserRow, note: (more: AuditNote) => void) => Promise<T>,
  ): Promise<T> {
    return audit.act(caller, { action, target: named }, async (note) => {
      const user = await findUser(store, named);
      note({ target: user.email });
      if (user.role === 'owner') await requireOwnersRight(caller);
      return work(user, note);
    });
  }

  const membershipsOf = (tenants: readonly NamedMembership[]) =>
    Promise.all(
      tenants.map(async ({ tenant, role }) => ({ tenantId: (await findTenant(directory, tenant)).id, role })),
    );

  async function linkFor(userId: string): Promise<Link> {
    return makeLink(deps, { kind: 'password', userId, lastsMs: LINK_MS });
  }

  return {
    add: (caller, { email: typed, role, tenants: named = [] }) =>
      audit.act(caller, { action: 'user.add', target: typed }, async (note) => {
        const email = emailOf(typed);
        note({ target: email });
        requireSomeRole({ role, tenants: named });
        if (role === 'owner') await requireOwnersRight(caller);
        const now = clock.now();
        const tenants = await membershipsOf(named);
        const user: UserRow = { id: newId(), email, ...(role && { role }), tenants, createdAt: now, updatedAt: now };
        await store.people.addUser(user);
        return { user, link: await linkFor(user.id) };
      }),
    set: (caller, { user: named, role, tenants }) =>
      actOn(caller, { action: 'user.set', user: named }, async (before, note) => {
        note({ before: kept(before) });
        if (role === 'owner') await requireOwnersRight(caller);
        const memberships = tenants === undefined ? undefined : await membershipsOf(tenants);
        requireSomeRole({
          role: (role === undefined ? before.role : role) ?? undefined,
          tenants: memberships ?? before.tenants,
        });
        const changed = await store.people.setUser({
          ...{ userId: before.id, now: clock.now() },
          ...(role !== undefined && { role }),
          ...(memberships !== undefined && { tenants: memberships }),
        });
        if (changed === undefined) throw noUser(named);
        note({ after: kept(changed) });
        return changed;
      }),
    reset: (caller, { user: named }) =>
      actOn(caller, { action: 'user.reset', user: named }, async ({ id, factors: removed }, note) => {
        const user = await store.people.setUser({ userId: id, passwordHash: null, factors: null, now: clock.now() });
        if (user === undefined) throw noUser(named);
        if (removed !== undefined) note({ before: { factors: removed } });
        return { user, link: await linkFor(id), removed };
      }),
    remove: (caller, { user: named }) =>
      actOn(caller, { action: 'user.remove', user: named }, async (user) => {
        if (!(await store.people.removeUser({ userId: user.id }))) throw noUser(named);
        return user;
      }),
  };
}

/** By id or address. */
export async function findUser(store: StorePart<'people.user'>, named: string): Promise<UserRow> {
  const user = await store.people.user(named.includes('@') ? { email: foldAddress(named) } : { id: named });
  if (user === undefined) throw noUser(named);
  return user;
}

/** In the one spelling that is stored. Refuses with `invalid_request`. */
export function emailOf(typed: string): string {
  const address = normalizeAddress(typed);
  if (address === undefined) throw invalid([{ path: 'email', message: 'must be an e-mail address' }]);
  return foldAddress(address);
}

/** The link itself is known to nobody but who is given it. */
export async function makeLink(
  { store, clock, baseUrl }: Pick<UserDeskDeps, 'clock' | 'baseUrl'> & { store: StorePart<'people.addLink'> },
  link: { readonly kind: 'owner' | 'password' | 'sign-in'; readonly userId?: string; readonly lastsMs: number },
): Promise<Link> {
  const { kind, userId, lastsMs } = link;
  const token = newToken('link');
  const expiresAt = clock.now() + lastsMs;
  await store.people.addLink({ hash: hashOf(token), kind, ...(userId !== undefined && { userId }), expiresAt });
  // Behind #, because what stands there is sent to no server and kept in no log.
  return { url: `${baseUrl()}/ui/link#${token}`, expiresAt };
}

function requireSomeRole(given: { role: PlatformRole | undefined; tenants: readonly unknown[] }): void {
  if (given.role !== undefined && given.tenants.length > 0) {
    throw invalid([{ path: 'role', message: 'a member of tenants has its roles there, and none in the platform' }]);
  }
  if (given.role === undefined && given.tenants.length === 0) {
    throw invalid([{ path: 'role', message: 'is needed: owner, operator or viewer; or tenants, with a role in each' }]);
  }
}

function kept({ email, role, tenants }: UserRow): Readonly<Record<string, unknown>> {
  return { email, role, tenants };
}

function noUser(named: string): IepError {
  return new IepError('not_found', `No user is called ${named}`);
}
