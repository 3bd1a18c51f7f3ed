/**
 * What a provider took of a job in one of several requests is written down before the next request, so that a process that dies
 * sends nobody a second time whom it knew to be served. The end of the job is then about the others.
 */

import type { Job } from '../../core/message.ts';
import type { PartSettlement } from '../../db/verbs/outbox.ts';
import type { OnPart } from '../delivery/deliver.ts';
import { partState } from './next-state.ts';

export interface InParts {
  onPart(job: Job): OnPart;
  /** The job for those of whom nothing is written yet. */
  left(job: Job): Job;
  /** Providers whose `processing` is written. */
  begun(job: Job): readonly string[];
}

interface Written {
  readonly left: Job;
  readonly begun: readonly string[];
}

export function createInParts(deps: {
  readonly now: () => number;
  /** False: the lease was lost. */
  readonly write: (job: Job, part: PartSettlement) => Promise<boolean>;
}): InParts {
  const written = new WeakMap<Job, Written>();
  const soFar = (job: Job): Written => written.get(job) ?? { left: job, begun: [] };

  return {
    onPart: (job) => async (report) => {
      const { left, begun } = soFar(job);
      const part = partState({ job: left, part: report, begun, now: deps.now() });
      if (part === undefined) return true;
      if (!(await deps.write(job, part))) return false;
      written.set(job, { left: without(left, part), begun: [...begun, part.provider] });
      return true;
    },
    left: (job) => soFar(job).left,
    begun: (job) => soFar(job).begun,
  };
}

function without(job: Job, { sent }: PartSettlement): Job {
  const gone = new Set(sent.map(({ position }) => position));
  return {
    ...job,
    recipients: job.recipients.filter(({ position }) => !gone.has(position)),
    settled: [...(job.settled ?? []), ...sent.map(() => 'sent' as const)],
  };
}
