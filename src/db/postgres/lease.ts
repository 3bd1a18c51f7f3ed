/**
 * A lease in SQL: `lease_owner` has it until a time, and `fence` names this lease alone, so that what comes after the lease
 * was lost can be told from what comes from its owner. Parameters: `@owner` asks, `@node` is its node, `@now` the time.
 */

import { randomInt } from 'node:crypto';
import { nodeOf } from '../rules/lease-owner.ts';

/** 48 random bits: no lease of an entry ever gets the number of an earlier one. */
export function newFence(): number {
  return randomInt(1, 2 ** 48 - 1);
}

const isOthers = 'lease_owner IS NOT NULL AND lease_owner <> @owner';
const isOfNode = "substr(lease_owner, 1, strpos(lease_owner, '/')) = @node";

/** SQL for any table whose rows are leased: they have `due_at`, `lease_owner`, `lease_until` and `fence`. */
export const leaseSql = {
  /** Assignments of owner, end and fence, in this order. */
  taken: 'lease_owner = ?, lease_until = ?, fence = ?',
  /** Assignments that end a lease. */
  ended: 'lease_owner = NULL, lease_until = NULL, fence = NULL',
  /** Whether the lease of another has run out. */
  isOver: `${isOthers} AND lease_until <= @now`,
  /** The same, or its owner is a run before this one of the same node, which is dead. */
  isLost: `${isOthers} AND (lease_until <= @now OR ${isOfNode})`,
} as const;

/** For a clock that went back `@byMs`: leases end when they would have. */
export function moveLeases(table: string): string {
  return `UPDATE ${table} SET lease_until = greatest(@now, lease_until - @byMs) WHERE lease_until > @now`;
}

/** For a start after the clock was ahead: no lease lasts longer than `@longestMs` from now. */
export function capLeases(table: string): string {
  return `UPDATE ${table} SET lease_until = @now::bigint + @longestMs::bigint WHERE lease_until > @now::bigint + @longestMs::bigint`;
}

/** What `isOver` and `isLost` are asked with. */
export function asking({ owner, now }: { readonly owner: string; readonly now: number }) {
  return { owner, now, node: nodeOf(owner) };
}
