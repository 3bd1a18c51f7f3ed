/** How often something may happen in any minute, in all and by one source, so that no source uses up what all have. */

import type { Clock } from '../core/clock.ts';

/** Whether it may, once more, for this source; counts it where it may. */
export type Pace = (source: string) => boolean;

const MINUTE_MS = 60_000;
/** Sources that are counted in a minute. */
const MAX_SOURCES = 10_000;

export function createPace(
  { monotonic }: Pick<Clock, 'monotonic'>,
  { inAll, ofOne }: { readonly inAll: number; readonly ofOne: number },
): Pace {
  const counts = new Map<string, number>();
  let begunAt = Number.NEGATIVE_INFINITY;
  let all = 0;
  return (source) => {
    if (monotonic() - begunAt >= MINUTE_MS) {
      begunAt = monotonic();
      counts.clear();
      all = 0;
    }
    const own = counts.get(source) ?? 0;
    const isNew = own === 0 && counts.size >= MAX_SOURCES;
    if (all >= inAll || own >= ofOne || isNew) return false;
    all += 1;
    counts.set(source, own + 1);
    return true;
  };
}
