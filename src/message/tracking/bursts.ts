/** Links of one copy that are followed within a second: people follow one after another, and scanners all at once. Pure. */

export interface Click {
  /** Of the clock that only grows. */
  readonly at: number;
  /** Tells one link from another. */
  readonly link: string;
  readonly isDecoy: boolean;
}

export const BURST_MS = 1_000;

/** `clicks`: of its copy, this one among them. The most links within any second that holds it. */
export function linksAtOnce(hit: Pick<Click, 'at'>, clicks: readonly Click[]): number {
  const near = clicks.filter(({ at }) => Math.abs(at - hit.at) < BURST_MS);
  const starts = near.map(({ at }) => at).filter((at) => at <= hit.at);
  const within = (start: number) => near.filter(({ at }) => at >= start && at < start + BURST_MS);
  return Math.max(0, ...starts.map((start) => new Set(within(start).map(({ link }) => link)).size));
}

/** Whether the link that nobody sees was followed within a second of it. */
export function isWithDecoy(hit: Pick<Click, 'at'>, clicks: readonly Click[]): boolean {
  return clicks.some(({ at, isDecoy }) => isDecoy && Math.abs(at - hit.at) < BURST_MS);
}
