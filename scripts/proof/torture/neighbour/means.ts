/** The means by which a neighbour does its worst: each bounded in count, and in time by the signal of its target. */

import type { Target } from './calls.ts';
import { strangerMeans } from './stranger-means.ts';
import { tenantMeans } from './tenant-means.ts';

export interface Means {
  readonly name: string;
  /** What it does, as the end of a sentence. */
  readonly tells: string;
  /** Goes on until the signal aborts. What the daemon answers is of no matter. */
  readonly run: (target: Target) => Promise<void>;
}

export const means: readonly Means[] = [...tenantMeans, ...strangerMeans];
