/** Whose account somebody enters who comes from a login provider. */

import type { Entered, Entry, EntryRefusal, UserRow } from '../verbs/people.ts';

/**
 * `known`: the user whom the identity means. `namesake`: the user of the address, where the provider vouches for one. An address
 * joins an account that nobody can sign in to yet, and never takes over one that somebody uses.
 */
export function judgeEntry({
  email,
  rights,
  known,
  namesake,
}: {
  readonly email?: string | undefined;
  readonly rights?: Entry['rights'] | undefined;
  readonly known: UserRow | undefined;
  readonly namesake: UserRow | undefined;
}): Entered | EntryRefusal {
  const user = known ?? namesake;
  if (!mayAnything(rights ?? user)) return 'no_role';
  if (known !== undefined) return 'known';
  if (email === undefined) return 'no_email';
  if (namesake === undefined) return 'added';
  return hasWayIn(namesake) ? 'taken' : 'joined';
}

/** Whether the rights that come along differ from those of the user. */
export function changesRights(user: Pick<UserRow, 'role' | 'tenants'>, rights: NonNullable<Entry['rights']>): boolean {
  return rightsText(user) !== rightsText(rights);
}

function mayAnything(rights: Pick<UserRow, 'role' | 'tenants'> | undefined): boolean {
  return rights !== undefined && (rights.role !== undefined || rights.tenants.length > 0);
}

function hasWayIn({ passwordHash, factors, issuers }: UserRow): boolean {
  return passwordHash !== undefined || factors !== undefined || issuers !== undefined;
}

function rightsText({ role, tenants }: Pick<UserRow, 'role' | 'tenants'>): string {
  return JSON.stringify([role ?? null, tenants.map(({ tenantId, role: there }) => `${tenantId} ${there}`).sort()]);
}
