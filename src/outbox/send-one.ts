/** One claimed message, from rendering to its settlement. Throws only for a fault; the outbox decides what then. */

import type { Job, Rendered } from '../core/message.ts';
import type { AttemptReport, Failover } from '../core/outcome.ts';
import type { UnknownPolicy } from '../core/tenant-settings.ts';
import type { Settlement } from '../db/store.ts';
import type { Deliver } from '../delivery/deliver.ts';
import type { Render } from '../render/render.ts';
import { nextState, type Policy } from './next-state.ts';
import { renderFailure } from './render-failure.ts';

export interface SendOneDeps {
  readonly render: Render;
  readonly deliver: Deliver;
  readonly unknownPolicy: (tenantId: string) => Promise<UnknownPolicy>;
  readonly now: () => number;
  readonly random: () => number;
  readonly retry: Omit<Policy, 'unknown'>;
  readonly signal: AbortSignal;
}

/** `settle`: what came of it. `release`: no provider was given it; it is due again at `dueAt`. */
export type Ending = Settled | { readonly kind: 'release'; readonly dueAt: number };

export interface Settled extends Tried {
  readonly kind: 'settle';
  readonly settlement: Settlement;
}

/** What the providers said, and where one stepped in for another. */
interface Tried {
  readonly reports: readonly AttemptReport[];
  readonly failovers: readonly Failover[];
}

const untried: Tried = { reports: [], failovers: [] };

export async function sendOne(deps: SendOneDeps, job: Job): Promise<Ending> {
  if (job.suppressed.length === job.recipients.length) return settle(deps, { job, ...untried });

  const rendering = await deps.render(job.message);
  if (!rendering.ok) {
    const settlement = renderFailure({ job, reason: rendering.reason, now: deps.now() });
    return { kind: 'settle', settlement, ...untried };
  }

  const delivered = await deps.deliver(job, rendering.rendered, deps.signal);
  if (delivered.kind === 'held') return { kind: 'release', dueAt: delivered.until };

  const { reports, failovers } = delivered;
  return settle(deps, { job, reports, failovers, ...(rendering.changed && { rendered: rendering.rendered }) });
}

async function settle(
  deps: SendOneDeps,
  { job, reports, failovers, rendered }: Tried & { job: Job; rendered?: Rendered | undefined },
): Promise<Ending> {
  const unknown = hasUnknown(reports) ? await deps.unknownPolicy(job.message.tenantId) : 'retry';
  const policy = { ...deps.retry, unknown };
  const settlement = nextState({ job, reports, failovers, policy, now: deps.now(), random: deps.random });
  return { kind: 'settle', reports, failovers, settlement: rendered ? { ...settlement, rendered } : settlement };
}

function hasUnknown(reports: readonly AttemptReport[]): boolean {
  return reports.some(({ outcomes }) => [...outcomes.values()].some(({ kind }) => kind === 'unknown'));
}
