/**
 * Who has a lease: `node/run`. A node is the process that holds the lock of a data directory, and each of its starts is a run of its
 * own, so the runs before it are dead. Where the store itself lies in the directory there is one node, and it has no name.
 */

/** The node of an owner, with the stroke behind it. */
export function nodeOf(owner: string): string {
  return owner.slice(0, owner.indexOf('/') + 1);
}

/** Whether another node has it, and may be alive. */
export function isHeldElsewhere(
  { owner, until }: { readonly owner: string | null; readonly until: number | null },
  { owner: own, now }: { readonly owner: string; readonly now: number },
): boolean {
  return owner !== null && nodeOf(owner) !== nodeOf(own) && (until ?? 0) > now;
}
