/** What the roles of people let them do, in the scopes of keys. Any role in a tenant reads all of it. */

import type { MemberRole } from '../core/roles.ts';
import type { Scope } from '../db/verbs/keys.ts';
import type { UserRow } from '../db/verbs/people.ts';

const scopesByRole: Readonly<Record<MemberRole, readonly Scope[]>> = {
  admin: ['send', 'read', 'admin'],
  sender: ['send', 'read'],
  viewer: ['read'],
};

export function scopesOf(role: MemberRole): ReadonlySet<Scope> {
  return new Set(scopesByRole[role]);
}

/** Whether it may change what is the platform's or any tenant's. */
export function mayOperate({ role }: Pick<UserRow, 'role'>): boolean {
  return role === 'owner' || role === 'operator';
}
