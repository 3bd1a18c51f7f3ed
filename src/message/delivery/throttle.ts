/**
 * The pace that a provider wants of us. Pure state, all times on the monotonic clock. A provider that asks for less is left alone
 * for a while that doubles each time it asks again, then gets one message, then two, four… A provider that turns a
 * connection away while others stand has a limit: that is remembered, kept to, and tried again by one more, seldom.
 */

export interface Throttle {
  /** Messages it may have at once. */
  readonly limit: number;
  /** What `limit` may grow to: as many as it was not seen to turn away. */
  readonly ceiling: number;
  /** What `ceiling` may grow to. */
  readonly concurrency: number;
  /** How often it asked lately; decides how long the next pause is. */
  readonly level: number;
  readonly closedUntil: number;
  /** When it last asked: what was sent before that says nothing about the pace since. */
  readonly slowedAt: number;
  /** When it last turned a connection away, and when one more than the ceiling is tried. */
  readonly refusedAt: number;
  readonly probeAt: number;
  readonly probeAfterMs: number;
  /** Since when it turned connections away without delivering anything. */
  readonly crowdedSince?: number | undefined;
}

/** A connection was turned away while so many others stood. */
export interface RefusedConnection {
  readonly now: number;
  /** When the message was sent that got it. */
  readonly sentAt: number;
  readonly others: number;
  /** It carried no message before: so many at once are too many. One that is closed after many messages says nothing of that. */
  readonly isNew: boolean;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5 * 60_000;
/** A provider may name a longer wait than ours, but not one that no operator would notice. */
export const LONGEST_NAMED_MS = 60 * 60_000;
const FIRST_PROBE_MS = 1_000;
const LONGEST_PROBE_MS = 5 * 60_000;
/** Connections that stand and have delivered nothing for so long are stuck rather than many. */
const HOPE_MS = 60_000;

export function openThrottle(concurrency: number): Throttle {
  const never = Number.NEGATIVE_INFINITY;
  return {
    ...{ limit: concurrency, ceiling: concurrency, concurrency, level: 0, closedUntil: never, slowedAt: never },
    ...{ refusedAt: never, probeAt: never, probeAfterMs: FIRST_PROBE_MS },
  };
}

/** Messages it may have at once now: one more than its limit when that is to be tried. */
export function roomOf(state: Throttle, at: { readonly now: number; readonly isProbing: boolean }): number {
  const { limit, ceiling, concurrency, probeAt } = state;
  const isProbe = limit === ceiling && ceiling < concurrency && at.now >= probeAt && !at.isProbing;
  return isProbe ? limit + 1 : limit;
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
  return { ...state, limit: 1, level, closedUntil: now + pause, slowedAt: now };
}

/** Whether a refused connection was one too many, rather than a provider that takes nothing: others stand, and deliver. */
export function isOneTooMany({ crowdedSince }: Throttle, { now, others }: RefusedConnection): boolean {
  return others > 0 && (crowdedSince === undefined || now - crowdedSince < HOPE_MS);
}

/** After a refusal for which `isOneTooMany` holds. */
export function keepTo(state: Throttle, { now, sentAt, others, isNew }: RefusedConnection): Throttle {
  const crowded = { ...state, crowdedSince: state.crowdedSince ?? now };
  if (!isNew) return crowded;
  const ceiling = Math.min(state.ceiling, others);
  // Those that were on their way together and are refused one after the other are one refusal.
  const isFirst = state.refusedAt === Number.NEGATIVE_INFINITY || sentAt <= state.refusedAt;
  const probeAfterMs = isFirst ? state.probeAfterMs : Math.min(state.probeAfterMs * 2, LONGEST_PROBE_MS);
  const limit = Math.min(state.limit, ceiling);
  return { ...crowded, limit, ceiling, refusedAt: now, probeAfterMs, probeAt: now + probeAfterMs };
}

/** `isProbe`: it was the one more than the limit. */
export function speedUp(
  state: Throttle,
  { now, sentAt, isProbe }: { readonly now: number; readonly sentAt: number; readonly isProbe: boolean },
): Throttle {
  const { crowdedSince, ...calm } = state;
  const cleared: Throttle = crowdedSince === undefined ? state : calm;
  if (sentAt <= state.slowedAt) return cleared;
  if (isProbe && state.limit === state.ceiling) return raised(cleared, now);
  if (state.limit === state.ceiling && state.level === 0) return cleared;
  const limit = Math.min(state.limit * 2, state.ceiling);
  return { ...cleared, limit, level: limit === state.ceiling ? Math.max(0, state.level - 1) : state.level };
}

function raised(state: Throttle, now: number): Throttle {
  const ceiling = Math.min(state.ceiling + 1, state.concurrency);
  const probeAfterMs = Math.max(state.probeAfterMs / 2, FIRST_PROBE_MS);
  return { ...state, limit: ceiling, ceiling, probeAfterMs, probeAt: now + probeAfterMs };
}
