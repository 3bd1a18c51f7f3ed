/** The thread that messages are rendered in: one after another, each answered before the next is begun. */

import { parentPort } from 'node:worker_threads';
import { createFill, type Filled, type Work } from './fill.ts';
import { defaultRenderLimits } from './limits.ts';

export interface ToRenderer {
  readonly id: number;
  readonly work: Work;
}

export interface FromRenderer {
  readonly id: number;
  readonly filled: Filled;
  /** Milliseconds that it took. */
  readonly tookMs: number;
}

const port = parentPort;
if (port === null) throw new Error('this file runs in a worker thread');

const fill = createFill(defaultRenderLimits);
let before: Promise<void> = Promise.resolve();

port.on('message', ({ id, work }: ToRenderer) => {
  before = before.then(async () => {
    const startedAt = performance.now();
    const filled = await fill(work);
    port.postMessage({ id, filled, tookMs: performance.now() - startedAt } satisfies FromRenderer);
  });
});
