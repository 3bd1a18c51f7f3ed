/** Hands what came back to the store, in batches, and counts it. Whatever door it came through passes here. */

import type { FeedbackDoor, NewFeedback, OneUseToken, TakenFeedback } from '../../db/verbs/feedback.ts';
import type { StorePart } from '../../db/verbs/store.ts';

export interface RecordDeps {
  readonly store: StorePart<'feedback.record' | 'feedback.recordOnce'>;
  readonly clock: { now(): number };
  readonly metrics: {
    feedbackEvent(labels: { readonly provider: string; readonly kind: string }): void;
    feedbackUnmatched(provider: string): void;
  };
}

/** What came by one door together. */
export interface CameBack {
  readonly door: FeedbackDoor;
  readonly feedback: readonly NewFeedback[];
}

/** Taken in one commit, some four milliseconds: others are committed in between, and wait for one. */
const BATCH = 50;

/** What became of each, in order. All of it is on disk when this resolves; given again, it changes nothing. */
export async function record(
  { store, clock, metrics }: RecordDeps,
  { door, feedback }: CameBack,
): Promise<readonly TakenFeedback[]> {
  const taken: TakenFeedback[] = [];
  for (let start = 0; start < feedback.length; start += BATCH) {
    const now = clock.now();
    const batch = notAhead(feedback.slice(start, start + BATCH), now);
    taken.push(...(await store.feedback.record({ feedback: batch, door, now })));
  }
  count(metrics, feedback, taken);
  return taken;
}

/** All of it in one commit, which uses the token up. Undefined: that was used before, and nothing changed. */
export async function recordOnce(
  { store, clock, metrics }: RecordDeps,
  { door, feedback }: CameBack,
  token: OneUseToken,
): Promise<readonly TakenFeedback[] | undefined> {
  const now = clock.now();
  const taken = await store.feedback.recordOnce({ feedback: notAhead(feedback, now), door, token, now });
  if (taken !== undefined) count(metrics, feedback, taken);
  return taken;
}

/** Nothing that came back lies ahead of us, whatever clock it is told by. */
function notAhead(feedback: readonly NewFeedback[], now: number): readonly NewFeedback[] {
  return feedback.map((one) => ({ ...one, at: Math.min(one.at, now) }));
}

function count(
  metrics: RecordDeps['metrics'],
  feedback: readonly NewFeedback[],
  taken: readonly TakenFeedback[],
): void {
  for (const [at, { isNew, match, provider = '' }] of taken.entries()) {
    const kind = feedback[at]?.kind;
    if (!isNew || kind === undefined) continue;
    metrics.feedbackEvent({ provider, kind });
    if (match === undefined) metrics.feedbackUnmatched(provider);
  }
}
