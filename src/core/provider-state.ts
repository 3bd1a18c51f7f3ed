/** The state of a provider, as delivery knows it and everybody else sees it. Times are epoch ms. */

export interface CheckedHealth {
  readonly ok: boolean;
  /** One sentence; says what to do when not ok. */
  readonly detail: string;
  readonly at: number;
}

export type BreakerState = 'closed' | 'open' | 'half_open';

export interface ProviderState {
  readonly name: string;
  readonly type: string;
  /** The operator gives it nothing for now. */
  readonly paused?: true;
  readonly breaker: {
    readonly state: BreakerState;
    /** While open: since when, and when it is tried again. */
    readonly openSince?: number;
    readonly retryAt?: number;
    /** It is open because the provider refuses our account; `health` says what to do. */
    readonly account?: true;
    /** While closed: what ended within the window. */
    readonly attempts?: number;
    readonly failures?: number;
  };
  /** Until when the provider is left alone because it asked for it. */
  readonly throttledUntil?: number;
  /** It did not ask for a slower pace but said "not now" (421), so others may step in. */
  readonly turnedAway?: true;
  readonly inFlight: number;
  /** Messages that wait in memory for their turn. */
  readonly waiting: number;
  /** Messages it may have at once now, of `concurrency`. */
  readonly limit: number;
  readonly concurrency: number;
  readonly maxPerSecond?: number;
  readonly health?: CheckedHealth;
}
