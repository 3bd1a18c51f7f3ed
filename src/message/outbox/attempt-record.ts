/** An attempt as it is kept: one provider, its times, and the outcome that most needs looking at. */

import type { AttemptReport, Outcome, OutcomeKind } from '../../core/outcome.ts';
import type { AttemptRecord } from '../../db/verbs/messages.ts';

/** From bad to good. That a message may have been taken decides where it may go next, so it is never hidden. */
const order: readonly OutcomeKind[] = ['unknown', 'rejected', 'unavailable', 'deferred', 'throttled', 'delivered'];

export function worstOf(outcomes: readonly Outcome[]): Outcome | undefined {
  let worst = outcomes[0];
  for (const outcome of outcomes) {
    if (worst && order.indexOf(outcome.kind) < order.indexOf(worst.kind)) worst = outcome;
  }
  return worst;
}

export function attemptOf(report: AttemptReport, { isCounted }: { isCounted: boolean }): AttemptRecord {
  const { provider, startedAt, endedAt, outcomes, ids, transcript } = report;
  const worst = worstOf([...outcomes.values()]);
  const [providerMessageId, ...others] = new Set(ids?.values());
  return {
    provider,
    startedAt,
    endedAt,
    outcome: worst?.kind ?? 'delivered',
    ...(worst && { reply: worst.reply.text }),
    counted: isCounted,
    ...(providerMessageId !== undefined && others.length === 0 && { providerMessageId }),
    ...(ids !== undefined && ids.size > 0 && { ids }),
    ...(transcript !== undefined && { transcript }),
  };
}
