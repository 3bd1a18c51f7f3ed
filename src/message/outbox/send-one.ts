/** One claimed message, from rendering to its settlement. Throws only for a fault; the outbox decides what then. */

import type { Job, Message, Rendered } from '../../core/message.ts';
import type { AttemptReport, Failover } from '../../core/outcome.ts';
import type { Stop } from '../../core/stop.ts';
import type { Settlement } from '../../db/verbs/outbox.ts';
import type { Gather, Gathered } from '../attachments/gather.ts';
import type { Deliver } from '../delivery/deliver.ts';
import type { OwnCopy } from '../delivery/own-copies.ts';
import { type Render, shownRecipient } from '../render/render.ts';
import { afterDeaths } from './after-deaths.ts';
import { failAll } from './fail-all.ts';
import type { InParts } from './in-parts.ts';
import { nextState, type Policy } from './next-state.ts';
import type { TenantPolicy } from './tenant-policy.ts';
import { withhold } from './withhold.ts';

export interface SendOneDeps {
  /** Brings attachments that are named by URL. */
  readonly gather: Gather;
  readonly render: Render;
  readonly deliver: Deliver;
  readonly inParts: InParts;
  /** As it is when the attempt begins: asked before a provider has the message, so that no answer can be lost over it. */
  readonly tenantPolicy: (tenantId: string) => Promise<TenantPolicy>;
  readonly now: () => number;
  readonly random: () => number;
  readonly retry: Omit<Policy, 'unknown'>;
  readonly stop: Stop;
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
  readonly isCut?: boolean;
  /** What kept a later provider from being given it. */
  readonly fault?: unknown;
}

const untried: Tried = { reports: [], failovers: [] };

export async function sendOne(deps: SendOneDeps, job: Job): Promise<Ending> {
  const aside = afterDeaths(job, deps.now());
  if (aside) return { kind: 'settle', settlement: aside, ...untried };
  if (job.suppressed.length === job.recipients.length) return settle(deps, { job, ...untried });

  const [tenant, rendering] = await Promise.all([deps.tenantPolicy(job.message.tenantId), deps.render(job.message)]);
  if (!rendering.ok && rendering.later !== undefined) return { kind: 'release', dueAt: rendering.later };
  if (!rendering.ok) {
    const settlement = failAll({ job, reason: notRendered(rendering.reason), now: deps.now() });
    return { kind: 'settle', settlement, ...untried };
  }

  const rendered = rendering.changed ? rendering.rendered : undefined;
  if (tenant.withheld !== undefined) {
    const settlement = withhold({ job, reason: tenant.withheld, now: deps.now() });
    return { kind: 'settle', settlement: { ...settlement, ...(rendered && { rendered }) }, ...untried };
  }

  // Nothing that takes its time is begun for a message that goes back anyway.
  if (deps.stop.begun.aborted) return { kind: 'release', dueAt: deps.now() };
  const gathered = await gather(deps, job);
  if (gathered.kind === 'held') return { kind: 'release', dueAt: gathered.until };
  if (gathered.kind === 'failed')
    return settle(deps, { job, tenant, reports: [gathered.report], failovers: [], rendered });
  const delivered = await deps.deliver(gathered.job, rendering.rendered, deps.stop, {
    onPart: deps.inParts.onPart(job),
    ...(isOneForAll(job, rendering) ? {} : { ownCopy: ownCopyOf(deps.render, gathered.job.message) }),
  });
  if (delivered.kind === 'held') return { kind: 'release', dueAt: delivered.until };

  return settle(deps, { ...delivered, job, tenant, rendered });
}

function notRendered(reason: string): string {
  return `the content could not be rendered: ${reason}`;
}

/** Whether what was rendered is what all who are still open get. */
function isOneForAll({ message, recipients }: Job, { isPersonal }: { isPersonal?: true }): boolean {
  if (isPersonal && message.tracking !== undefined) return false;
  const isOwn = isPersonal || message.unsubscribe !== undefined;
  return !isOwn || recipients.every(({ address }) => address === shownRecipient(message));
}

function ownCopyOf(render: Render, message: Message): OwnCopy {
  return async (recipient) => {
    const rendering = await render(message, recipient);
    if (rendering.ok)
      return rendering.content === undefined
        ? { rendered: rendering.rendered }
        : { rendered: undefined, content: rendering.content };
    const reply = { text: notRendered(rendering.reason) };
    const isForGood = rendering.later === undefined;
    return { outcome: isForGood ? { kind: 'rejected', reply, bounce: 'content' } : { kind: 'deferred', reply } };
  };
}

/** Most messages name no attachment by URL. */
function gather(deps: SendOneDeps, job: Job): Promise<Gathered> | Gathered {
  return job.message.attachmentUrls === undefined ? { kind: 'ready', job } : deps.gather(job, deps.stop.begun);
}

function settle(
  deps: SendOneDeps,
  ended: Tried & {
    readonly job: Job;
    /** Absent where nothing was tried. */
    readonly tenant?: TenantPolicy;
    readonly rendered?: Rendered | undefined;
  },
): Ending {
  const { tenant, reports, failovers, isCut, fault, rendered } = ended;
  const job = deps.inParts.left(ended.job);
  const begun = deps.inParts.begun(ended.job);
  const { scheduleSeconds = deps.retry.scheduleSeconds, unknown = 'retry' } = tenant ?? {};
  const policy = { ...deps.retry, scheduleSeconds, unknown };
  const settlement = nextState({ job, reports, failovers, begun, isCut, policy, now: deps.now(), random: deps.random });
  return { kind: 'settle', reports, failovers, fault, settlement: rendered ? { ...settlement, rendered } : settlement };
}
