/** Names one lease, so that a settle which comes after its lease was lost can be told from the one that holds it now. */

import { randomInt } from 'node:crypto';

/** Whether a lease is one of `@node`, in whichever run: `nodeOf` in SQL. */
export const OF_NODE = "substr(lease_owner, 1, instr(lease_owner, '/')) = @node";

/** 48 random bits: no lease of a message ever gets the number of an earlier one. */
export function newFence(): number {
  return randomInt(1, 2 ** 48 - 1);
}
