/** One claimed message, from rendering to its settlement. Throws only for a fault; the outbox decides what then. */

import type { Gather, Gathered } from '../attachments/gather.ts';
import type { Job, Rendered } from '../core/message.ts';
import type { AttemptReport } from '../core/outcome.ts';
import type { UnknownPolicy } from '../core/tenant-settings.ts';
import type { Settlement } from '../db/store.ts';
import type { Deliver } from '../delivery/deliver.ts';
import type { Render } from '../render/render.ts';
import { nextState, type Policy } from './next-state.ts';
import { renderFailure } from './render-failure.ts';

export interface SendOneDeps {
  /** Brings attachments that are named by URL. */
  readonly gather: Gather;
  readonly render: Render;
  readonly deliver: Deliver;
  readonly unknownPolicy: (tenantId: string) => Promise<UnknownPolicy>;
  readonly now: () => number;
  readonly random: () => number;
  readonly retry: Pick<Policy, 'scheduleSeconds' | 'jitter'>;
  readonly signal: AbortSignal;
}

/** `settle`: what came of it. `release`: no provider was given it; it is due again at `dueAt`. */
export type Ending =
  | { readonly kind: 'settle'; readonly settlement: Settlement; readonly reports: readonly AttemptReport[] }
  | { readonly kind: 'release'; readonly dueAt: number };

export async function sendOne(deps: SendOneDeps, claimed: Job): Promise<Ending> {
  if (claimed.suppressed.length === claimed.recipients.length) return settle(deps, { job: claimed, reports: [] });

  const gathered = await gather(deps, claimed);
  if (gathered.kind === 'held') return { kind: 'release', dueAt: gathered.until };
  if (gathered.kind === 'failed') return settle(deps, { job: claimed, reports: [gathered.report] });
  const { job } = gathered;

  const rendering = await deps.render(job.message);
  if (!rendering.ok) {
    const settlement = renderFailure({ job, reason: rendering.reason, now: deps.now() });
    return { kind: 'settle', settlement, reports: [] };
  }

  const delivered = await deps.deliver(job, rendering.rendered, deps.signal);
  if (delivered.kind === 'held') return { kind: 'release', dueAt: delivered.until };

  const { reports } = delivered;
  return settle(deps, { job, reports, ...(rendering.changed && { rendered: rendering.rendered }) });
}

/** Most messages name no attachment by URL. */
function gather(deps: SendOneDeps, job: Job): Promise<Gathered> | Gathered {
  return job.message.attachmentUrls === undefined ? { kind: 'ready', job } : deps.gather(job, deps.signal);
}

async function settle(
  deps: SendOneDeps,
  { job, reports, rendered }: { job: Job; reports: readonly AttemptReport[]; rendered?: Rendered | undefined },
): Promise<Ending> {
  const unknown = hasUnknown(reports) ? await deps.unknownPolicy(job.message.tenantId) : 'retry';
  const policy = { ...deps.retry, unknown };
  const settlement = nextState({ job, reports, policy, now: deps.now(), random: deps.random });
  return { kind: 'settle', reports, settlement: rendered ? { ...settlement, rendered } : settlement };
}

function hasUnknown(reports: readonly AttemptReport[]): boolean {
  return reports.some(({ outcomes }) => [...outcomes.values()].some(({ kind }) => kind === 'unknown'));
}
