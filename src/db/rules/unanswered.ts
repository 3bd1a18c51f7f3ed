/** Which provider may have taken a message that is still open: it was given it and never answered. */

export interface AttemptEnd {
  readonly provider: string;
  readonly outcome: string;
  /** Whether it counted as an attempt: 1 or 0. */
  readonly counted: number;
}

/**
 * `counted`: how many were counted since the message was accepted or retried by hand; what was before counts no more.
 * `newestFirst`: all of its attempts.
 */
export function unansweredProvider(newestFirst: Iterable<AttemptEnd>, counted: number): string | undefined {
  let left = counted;
  for (const attempt of newestFirst) {
    if (attempt.outcome === 'unknown') return attempt.provider;
    left -= attempt.counted;
    if (left === 0) return undefined;
  }
  return undefined;
}
