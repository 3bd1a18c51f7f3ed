/** The messages that a tenant may submit in any minute, hour and day, and what a caller is told of them. */

export type RateWindowName = 'minute' | 'hour' | 'day';

export interface RateLimit {
  readonly name: RateWindowName;
  /** Messages in any window of that length. */
  readonly count: number;
}

/** Where a tenant stands after a call. */
export interface RateState extends RateLimit {
  /** Messages it may submit now. */
  readonly remaining: number;
  /** Until there is more room; absent where nothing is counted. */
  readonly moreInMs?: number;
}

export const rateWindowMs: Readonly<Record<RateWindowName, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};
