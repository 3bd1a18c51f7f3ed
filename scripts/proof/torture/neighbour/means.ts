/** The means by which a neighbour does its worst: each bounded in count, and in time by the signal of its target. */

import type { NeighbourTarget } from './calls.ts';
import { strangerMeans } from './stranger-means.ts';
import { tenantMeans } from './tenant-means.ts';

export interface Means {
  readonly name: string;
  /** What it does, as the end of a sentence. */
  readonly tells: string;
  /** Goes on until the signal aborts. What the daemon answers is of no matter. */
  readonly run: (target: NeighbourTarget) => Promise<void>;
}

/** The measure of the machine itself. */
const alone: Means = {
  name: 'alone',
  tells: 'nobody',
  run: ({ signal }) =>
    new Promise((resolve) => {
      const awake = setInterval(() => undefined, 1_000);
      const end = () => {
        clearInterval(awake);
        resolve();
      };
      signal.addEventListener('abort', end, { once: true });
    }),
};

export const means: readonly Means[] = [alone, ...tenantMeans, ...strangerMeans];
