/**
 * How fast a provider wants us. Pure state: `slowDown` after a reply that asks for it, `speedUp` after a success. A
 * provider that asks is left alone for a while that doubles each time it asks again, then gets one message, then two,
 * four… All times are on the monotonic clock.
 */

export interface Throttle {
  /** Messages it may have at once. */
  readonly limit: number;
  /** How often it asked lately; decides how long the next pause is. */
  readonly level: number;
  readonly closedUntil: number;
  /** When it last asked: what was sent before that says nothing about the pace since. */
  readonly slowedAt: number;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5 * 60_000;
/** A provider may name a longer wait than ours, but not one that no operator would notice. */
const LONGEST_NAMED_MS = 60 * 60_000;

export function openThrottle(concurrency: number): Throttle {
  return {
    limit: concurrency,
    level: 0,
    closedUntil: Number.NEGATIVE_INFINITY,
    slowedAt: Number.NEGATIVE_INFINITY,
  };
}

/** `sentAt`: when the message was sent that got the reply. */
export function slowDown(
  state: Throttle,
  reply: { readonly now: number; readonly sentAt: number; readonly retryAfterMs?: number | undefined },
): Throttle {
  const { now, sentAt, retryAfterMs } = reply;
  const named = retryAfterMs === undefined ? 0 : Math.min(retryAfterMs, LONGEST_NAMED_MS);
  // Twenty messages that were under way together and are all refused are one request to slow down.
  if (sentAt <= state.slowedAt) return { ...state, closedUntil: Math.max(state.closedUntil, now + named) };
  const pause = named > 0 ? named : Math.min(FIRST_PAUSE_MS * 2 ** state.level, LONGEST_PAUSE_MS);
  // Past this level the pause grows no more, and coming back should not take forever either.
  const level = Math.min(state.level + 1, Math.ceil(Math.log2(LONGEST_PAUSE_MS / FIRST_PAUSE_MS)));
  return { limit: 1, level, closedUntil: now + pause, slowedAt: now };
}

export function speedUp(state: Throttle, success: { readonly sentAt: number; readonly concurrency: number }): Throttle {
  const { sentAt, concurrency } = success;
  if (sentAt <= state.slowedAt || (state.limit === concurrency && state.level === 0)) return state;
  const limit = Math.min(state.limit * 2, concurrency);
  return { ...state, limit, level: limit === concurrency ? Math.max(0, state.level - 1) : state.level };
}
