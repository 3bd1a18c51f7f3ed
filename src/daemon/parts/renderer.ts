/** The thread that templates are rendered in. */

import { startWorker } from '../../base/embedded/worker.ts';
import type { Clock } from '../../core/clock.ts';
import { createRenderingThread, type RenderingThread } from '../../message/render/rendering-thread.ts';

/** MB: the templates that are kept take 32; a result of 5 MB is there several times while it is made. */
const HEAP = { maxOldGenerationSizeMb: 160, maxYoungGenerationSizeMb: 16 };

export function createRenderer(clock: Clock): RenderingThread {
  return createRenderingThread({ start: () => startWorker('renderer', undefined, HEAP), clock });
}
