/** The threads that templates are rendered in. */

import { startWorker } from '../../base/embedded/worker.ts';
import type { Metrics } from '../../base/observe/metrics.ts';
import type { Clock } from '../../core/clock.ts';
import {
  createRenderingThread,
  defaultRenderingLimits,
  type RenderingThread,
  type WorkEnd,
} from '../../message/render/rendering-thread.ts';

export interface RenderingThreads {
  readonly plain: RenderingThread;
  /** Of MJML. */
  readonly mjml: RenderingThread;
}

/** MB: the templates that are kept take 32; a result of 5 MB is there several times while it is made. */
const HEAP = { maxOldGenerationSizeMb: 160, maxYoungGenerationSizeMb: 16 };

/** MB: MJML's compiler takes 140. */
const MJML_HEAP = { maxOldGenerationSizeMb: 400, maxYoungGenerationSizeMb: 32 };
/** Processor time: the first template of MJML waits until its compiler is loaded, which takes two seconds of it. */
const MJML_CPU_MS = 10_000;

/** What metrics call the work of a thread; undefined: it has nothing of a template. */
function kindOf(work: WorkEnd['work']): string | undefined {
  if ('copy' in work) return undefined;
  if (!('task' in work)) return 'content';
  return work.task === 'render' ? 'template' : work.task;
}

/** Each thread begins with the first message for it, and ends when there are none for a while. */
export function createRenderers(
  clock: Clock,
  metrics: Pick<Metrics, 'templateRender' | 'onTemplateCache'>,
): RenderingThreads & Pick<RenderingThread, 'held' | 'close'> {
  const onEnd = ({ work, outcome, seconds }: WorkEnd) => {
    const kind = kindOf(work);
    if (kind !== undefined) metrics.templateRender({ kind, outcome }, seconds);
  };
  const plain = createRenderingThread({ start: () => startWorker('renderer', undefined, HEAP), clock, onEnd });
  const mjml = createRenderingThread(
    { start: () => startWorker('mjml-renderer', undefined, MJML_HEAP), clock, onEnd },
    { ...defaultRenderingLimits, cpuMs: MJML_CPU_MS },
  );
  metrics.onTemplateCache(() => plain.cachedBytes() + mjml.cachedBytes());
  return {
    plain,
    mjml,
    held: () => [...plain.held(), ...mjml.held()],
    close: async () => {
      await Promise.all([plain.close(), mjml.close()]);
    },
  };
}
