/** The threads that templates are rendered in. */

import { startWorker } from '../../base/embedded/worker.ts';
import type { Clock } from '../../core/clock.ts';
import { createRenderingThread, type RenderingThread } from '../../message/render/rendering-thread.ts';

/** MB: the templates that are kept take 32; a result of 5 MB is there several times while it is made. */
const HEAP = { maxOldGenerationSizeMb: 160, maxYoungGenerationSizeMb: 16 };

export function createRenderer(clock: Clock): RenderingThread {
  return createRenderingThread({ start: () => startWorker('renderer', undefined, HEAP), clock });
}

/** MB: MJML's compiler takes 140. */
const MJML_HEAP = { maxOldGenerationSizeMb: 400, maxYoungGenerationSizeMb: 32 };

/** Begun with the first template of MJML, and ended when there are none for a while. */
export function createMjmlRenderer(clock: Clock): RenderingThread {
  return createRenderingThread({ start: () => startWorker('mjml-renderer', undefined, MJML_HEAP), clock });
}
