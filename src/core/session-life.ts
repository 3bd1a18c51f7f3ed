/** How long somebody stays signed in: twelve hours without a call, and seven days at most. */

export interface SessionTimes {
  readonly createdAt: number;
  readonly usedAt: number;
}

const HOUR_MS = 3_600_000;
export const IDLE_MS = 12 * HOUR_MS;
export const LONGEST_MS = 7 * 24 * HOUR_MS;

export function isOver({ createdAt, usedAt }: SessionTimes, now: number): boolean {
  return now - usedAt >= IDLE_MS || now - createdAt >= LONGEST_MS;
}

/** When it ends if nobody calls. */
export function endOf({ createdAt, usedAt }: SessionTimes): number {
  return Math.min(usedAt + IDLE_MS, createdAt + LONGEST_MS);
}
