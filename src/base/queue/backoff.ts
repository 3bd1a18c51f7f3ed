/** The wait after a failed try. */

export interface Schedule {
  /** Seconds after the first, second… failed try; past its end the last delay repeats. */
  readonly scheduleSeconds: readonly number[];
  /** Share by which a delay may be longer or shorter, so that what failed together does not come back together. */
  readonly jitter: number;
}

/** Milliseconds after the failed try number `tries`, counted from 1. `random` gives [0, 1). */
export function backoff(
  { scheduleSeconds, jitter }: Schedule,
  { tries, random }: { readonly tries: number; readonly random: () => number },
): number {
  const seconds = scheduleSeconds[Math.min(tries, scheduleSeconds.length) - 1];
  if (seconds === undefined) throw new Error('a retry schedule needs at least one delay');
  return Math.round(seconds * 1_000 * (1 + jitter * (2 * random() - 1)));
}
