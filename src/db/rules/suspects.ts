/**
 * Messages that were under way when a process died. One of them may be what it died of, so few are tried at once, and alone
 * what was there a second time: the others come through, and the one stays behind.
 */

/** Of the messages that were under way when a process died once, so many are tried together. */
const TOGETHER = 8;

/** The suspects under lease now. */
export interface SuspectsUnderWay {
  readonly count: number;
  /** How many deaths the worst of them was there for. */
  readonly worst: number | null;
}

/** Whether one of them was there a second time: it is tried alone. */
export function isTriedAlone({ worst }: SuspectsUnderWay): boolean {
  return (worst ?? 0) > 1;
}

/** Those to lease now, of those that are due. `waiting` begins with the fewest deaths. */
export function suspectsToTry<Suspect extends { readonly deaths: number }>(
  waiting: readonly Suspect[],
  { count }: SuspectsUnderWay,
  limit: number,
): readonly Suspect[] {
  const once = waiting.filter(({ deaths }) => deaths === 1).slice(0, Math.max(0, Math.min(limit, TOGETHER - count)));
  return once.length > 0 || count > 0 ? once : waiting.slice(0, Math.min(limit, 1));
}
