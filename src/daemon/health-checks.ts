/**
 * Asks each provider from time to time how it is. One whose breaker is open is left out: it is asked when its cooldown is
 * over, by its way out.
 */

import type { Clock } from '../core/clock.ts';
import type { WaysOut } from '../delivery/ways-out.ts';

export interface HealthChecks {
  stop(): void;
}

/** The first round is made at once. */
export function startHealthChecks(
  { ways, clock }: { readonly ways: Pick<WaysOut, 'all'>; readonly clock: Clock },
  { intervalMs }: { readonly intervalMs: number },
): HealthChecks {
  let cancel: (() => void) | undefined;
  const round = () => {
    cancel = clock.after(intervalMs, round);
    for (const way of ways.all()) {
      if (way.state().breaker.state !== 'open') void way.check();
    }
  };
  round();
  return { stop: () => cancel?.() };
}
