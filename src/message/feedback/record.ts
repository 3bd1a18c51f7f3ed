/** Hands what came back to the store, in batches, and counts it. Whatever door it came through passes here. */

import type { FeedbackVerbs, NewFeedback, TakenFeedback } from '../../db/verbs/feedback.ts';

export interface RecordDeps {
  readonly store: Pick<FeedbackVerbs, 'recordFeedback'>;
  readonly clock: { now(): number };
  readonly metrics: {
    feedbackEvent(labels: { readonly provider: string; readonly kind: string }): void;
    feedbackUnmatched(provider: string): void;
  };
}

/** Taken in one commit, so that others get in between. */
const BATCH = 500;

/** What became of each, in order. All of it is on disk when this resolves; given again, it changes nothing. */
export async function record(
  { store, clock, metrics }: RecordDeps,
  feedback: readonly NewFeedback[],
): Promise<readonly TakenFeedback[]> {
  const taken: TakenFeedback[] = [];
  for (let start = 0; start < feedback.length; start += BATCH) {
    const now = clock.now();
    // Nothing that came back lies ahead of us, whatever clock it is told by.
    const batch = feedback.slice(start, start + BATCH).map((one) => ({ ...one, at: Math.min(one.at, now) }));
    taken.push(...(await store.recordFeedback({ feedback: batch, now })));
  }
  for (const [at, { isNew, match, provider = '' }] of taken.entries()) {
    const kind = feedback[at]?.kind;
    if (!isNew || kind === undefined) continue;
    metrics.feedbackEvent({ provider, kind });
    if (match === undefined) metrics.feedbackUnmatched(provider);
  }
  return taken;
}
