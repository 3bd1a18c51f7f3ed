/** The thread that large request bodies are read in. */

import { startWorker } from '../../base/embedded/worker.ts';
import type { Clock } from '../../core/clock.ts';
import { createLargeJson, type LargeJson } from '../../http/large-json.ts';

/** Heap in MB: a body of 30 MB is there as text and as a value at once; what is decoded lies outside of the heap. */
const HEAP = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 32 };

export function createJsonReader(clock: Pick<Clock, 'after'>): LargeJson {
  return createLargeJson({ start: () => startWorker('json-reader', undefined, HEAP), clock });
}
