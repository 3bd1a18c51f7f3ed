/** How a timed chore stands when a node begins, by how it stood before. */

import type { ChorePlan, ChoreRow } from '../verbs/chores.ts';

/** `catchUpMs`: how long one that was missed waits, because a node that begins has enough to do. */
export function resumedChore(
  plan: ChorePlan,
  known: ChoreRow | undefined,
  { now, catchUpMs }: { readonly now: number; readonly catchUpMs: number },
): ChoreRow {
  if (known === undefined) return { ...plan, failures: 0 };
  const { nextAt: dueAt, ...last } = known;
  const cutShort = last.startedAt !== undefined && last.endedAt === undefined;
  const missed = cutShort || last.outcome === 'stopped' || (dueAt !== undefined && dueAt <= now);
  return {
    ...last,
    ...plan,
    ...(cutShort && { outcome: 'stopped' as const, detail: 'the daemon ended while it ran' }),
    ...(missed && plan.nextAt !== undefined && { nextAt: Math.min(plan.nextAt, now + catchUpMs) }),
  };
}
