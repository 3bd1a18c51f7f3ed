/** What a thread that renders does: one message after another, each answered before the next is begun. */

import { parentPort } from 'node:worker_threads';
import type { MjmlToHtml } from '../templates/mjml.ts';
import { createFill, type Filled, type Work } from './fill.ts';
import { defaultRenderLimits } from './limits.ts';
import { createTemplateJobs, type TemplateAnswer, type TemplateJob } from './template-job.ts';
import { doTrackWork, type TrackedWork, type TrackWork } from './track-work.ts';

export interface ToRenderer {
  readonly id: number;
  readonly work: Work | TemplateJob | TrackWork;
}

export interface FromRenderer {
  readonly id: number;
  readonly filled: Filled | TemplateAnswer | TrackedWork;
  /** Milliseconds that it took. */
  readonly tookMs: number;
  /** What the compiled templates that it keeps hold in memory. */
  readonly cachedBytes: number;
}

/** `mjml`: absent in the thread that has no compiler of MJML. */
export function serveRenderer(mjml?: MjmlToHtml): void {
  const port = parentPort;
  if (port === null) throw new Error('this runs in a worker thread');
  const fill = createFill(defaultRenderLimits);
  const templates = createTemplateJobs(mjml);
  let before: Promise<void> = Promise.resolve();

  const done = (work: ToRenderer['work']) => {
    if ('copy' in work) return doTrackWork(work);
    return 'task' in work ? templates.run(work) : fill(work);
  };

  port.on('message', ({ id, work }: ToRenderer) => {
    before = before.then(async () => {
      const startedAt = performance.now();
      const filled = await done(work);
      const tookMs = performance.now() - startedAt;
      port.postMessage({ id, filled, tookMs, cachedBytes: templates.cachedBytes() } satisfies FromRenderer);
    });
  });
}
