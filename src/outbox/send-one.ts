/** One claimed message, from rendering to its settlement. Throws only for a fault; the outbox decides what then. */

import type { Job, Rendered } from '../core/message.ts';
import type { AttemptReport } from '../core/outcome.ts';
import type { Settlement } from '../db/store.ts';
import type { Deliver } from '../delivery/deliver.ts';
import type { Render } from '../render/render.ts';
import { nextState, type Policy } from './next-state.ts';
import { renderFailure } from './render-failure.ts';
import type { TenantPolicy } from './tenant-policy.ts';
import { withhold } from './withhold.ts';

export interface SendOneDeps {
  readonly render: Render;
  readonly deliver: Deliver;
  /** As it is when the attempt begins: asked before a provider has the message, so that no answer can be lost over it. */
  readonly tenantPolicy: (tenantId: string) => Promise<TenantPolicy>;
  readonly now: () => number;
  readonly random: () => number;
  readonly retry: Pick<Policy, 'scheduleSeconds' | 'jitter'>;
  readonly signal: AbortSignal;
}

/** `settle`: what came of it. `release`: no provider was given it; it is due again at `dueAt`. */
export type Ending =
  | { readonly kind: 'settle'; readonly settlement: Settlement; readonly reports: readonly AttemptReport[] }
  | { readonly kind: 'release'; readonly dueAt: number };

export async function sendOne(deps: SendOneDeps, job: Job): Promise<Ending> {
  if (job.suppressed.length === job.recipients.length) return settle(deps, { job, reports: [] });

  const [tenant, rendering] = await Promise.all([deps.tenantPolicy(job.message.tenantId), deps.render(job.message)]);
  if (!rendering.ok) {
    const settlement = renderFailure({ job, reason: rendering.reason, now: deps.now() });
    return { kind: 'settle', settlement, reports: [] };
  }

  const rendered = rendering.changed ? rendering.rendered : undefined;
  if (tenant.withheld !== undefined) {
    const settlement = withhold({ job, reason: tenant.withheld, now: deps.now() });
    return { kind: 'settle', settlement: { ...settlement, ...(rendered && { rendered }) }, reports: [] };
  }

  const delivered = await deps.deliver(job, rendering.rendered, deps.signal);
  if (delivered.kind === 'held') return { kind: 'release', dueAt: delivered.until };

  const { reports } = delivered;
  return settle(deps, { job, tenant, reports, rendered });
}

function settle(
  deps: SendOneDeps,
  ended: {
    readonly job: Job;
    /** Absent where nothing was tried. */
    readonly tenant?: TenantPolicy;
    readonly reports: readonly AttemptReport[];
    readonly rendered?: Rendered | undefined;
  },
): Ending {
  const { job, tenant, reports, rendered } = ended;
  const { scheduleSeconds = deps.retry.scheduleSeconds, unknown = 'retry' } = tenant ?? {};
  const policy = { ...deps.retry, scheduleSeconds, unknown };
  const settlement = nextState({ job, reports, policy, now: deps.now(), random: deps.random });
  return { kind: 'settle', reports, settlement: rendered ? { ...settlement, rendered } : settlement };
}
