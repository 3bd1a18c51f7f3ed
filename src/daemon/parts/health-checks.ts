/**
 * Asks each provider from time to time how it is. One whose breaker is open is left out: it is asked when its cooldown is
 * over, by its way out.
 */

import type { Clock } from '../../core/clock.ts';
import type { WaysOut } from '../../message/delivery/ways-out.ts';

export interface HealthChecks {
  /** Begins anew where the interval is another. */
  follow(): void;
  stop(): void;
}

/** The first round is made at once; with an interval of 0 there is none. */
export function startHealthChecks(
  { ways, clock }: { readonly ways: Pick<WaysOut, 'all'>; readonly clock: Clock },
  /** Read anew by `follow`. */
  options: { readonly intervalMs: number },
): HealthChecks {
  let cancel: () => void = () => undefined;
  let { intervalMs } = options;
  const round = () => {
    if (intervalMs === 0) return;
    cancel = clock.after(intervalMs, round);
    for (const way of ways.all()) {
      if (way.state().breaker.state !== 'open') void way.check();
    }
  };
  round();
  return {
    follow() {
      if (options.intervalMs === intervalMs) return;
      intervalMs = options.intervalMs;
      cancel();
      round();
    },
    stop: () => cancel(),
  };
}
