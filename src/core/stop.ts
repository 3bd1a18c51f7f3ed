/** How work comes to an end: from a stop on nothing new begins; at its deadline what is under way is broken off. */

export interface Stop {
  /** Nothing new begins, and what was only being prepared goes back. */
  readonly begun: AbortSignal;
  /** The deadline is over: what is under way is broken off. */
  readonly broken: AbortSignal;
}

export interface Stopping extends Stop {
  begin(): void;
  breakOff(): void;
}

export function createStopping(): Stopping {
  const begun = new AbortController();
  const broken = new AbortController();
  return {
    begun: begun.signal,
    broken: broken.signal,
    begin: () => begun.abort(),
    breakOff() {
      begun.abort();
      broken.abort();
    },
  };
}
