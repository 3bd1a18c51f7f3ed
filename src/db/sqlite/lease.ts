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

/** SQL for a table, by the column that says when a lease ends. */
export interface LeaseSql {
  /** Assignments that end a lease. */
  readonly ended: string;
  /** Whether the lease of another has run out. */
  readonly isOver: string;
  /** The same, or its owner is a run before this one of the same node, which is dead. */
  readonly isLost: string;
}

/**
 * The outbox has one column for both: when an entry is due, and while it is leased, when the lease ends. So one index finds
 * in one walk what is due and what another left behind.
 */
export const outboxLease = leaseSql('due_at', 'lease_owner = NULL, fence = NULL');

/** A delivery keeps its due time through a lease, because those of one message go out in the order of their due times. */
export const webhookLease = leaseSql('lease_until', 'lease_owner = NULL, lease_until = NULL, fence = NULL');

function leaseSql(end: string, ended: string): LeaseSql {
  const isOthers = 'lease_owner IS NOT NULL AND lease_owner <> @owner';
  const isOfNode = "substr(lease_owner, 1, instr(lease_owner, '/')) = @node";
  return {
    ended,
    isOver: `${isOthers} AND ${end} <= @now`,
    isLost: `${isOthers} AND (${end} <= @now OR ${isOfNode})`,
  };
}

/** What `isOver` and `isLost` are asked with. */
export function asking({ owner, now }: { readonly owner: string; readonly now: number }) {
  return { owner, now, node: nodeOf(owner) };
}
