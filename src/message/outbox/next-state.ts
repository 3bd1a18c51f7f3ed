/**
 * What a message becomes after an attempt: the state machine of delivery, as a pure function. It decides each
 * recipient's status, and from these the message's; when it is tried again; and the events that tell of it.
 */

import { backoff, type Schedule } from '../../base/queue/backoff.ts';
import type { Job, Json, Recipient, Status } from '../../core/message.ts';
import { messageStatus } from '../../core/message-status.ts';
import {
  type AttemptReport,
  asksToWait,
  type Failover,
  isOfAccount,
  isOfSender,
  type Outcome,
} from '../../core/outcome.ts';
import type { UnknownPolicy } from '../../core/tenant-settings.ts';
import type { NewEvent } from '../../db/verbs/events.ts';
import type { AttemptRecord } from '../../db/verbs/messages.ts';
import type { PartSettlement, Settlement } from '../../db/verbs/outbox.ts';
import { isOld } from '../delivery/age.ts';
import { attemptOf, worstOf } from './attempt-record.ts';
import { burial } from './dead-letter.ts';

export interface Policy extends Schedule {
  readonly unknown: UnknownPolicy;
  /** From this age on being asked to wait counts as an attempt too, so that nothing waits for ever. */
  readonly maxAgeMs: number;
}

/** A throttled recipient is looked at again after this where the provider named no time. */
const THROTTLED_WAIT_MS = 1_000;

/**
 * One whose account was refused is looked at again after this, and tried only once its provider is well again
 * (delivery/breaker.ts).
 */
const ACCOUNT_WAIT_MS = 10_000;

/** How the claim ends for one recipient. */
interface Step {
  readonly recipient: Recipient;
  readonly status: Status;
  readonly outcome?: Outcome;
  readonly provider?: string;
  /** Something was said of it that counts as an attempt. */
  readonly isCounted?: boolean;
  /** Why it is final although the provider did not say so. */
  readonly because?: 'attempts' | 'unknown';
}

/**
 * `reports`: what the providers said, in the order they were tried; the last word on a recipient counts. Empty when
 * every recipient is suppressed.
 */
export function nextState(input: {
  readonly job: Job;
  readonly reports: readonly AttemptReport[];
  readonly failovers?: readonly Failover[];
  /** Providers whose `processing` stands in the history already. */
  readonly begun?: readonly string[];
  /** A stop kept the next of the route from being asked: that nobody could be reached is not said yet. */
  readonly isCut?: boolean | undefined;
  readonly policy: Policy;
  readonly now: number;
  readonly random: () => number;
}): Settlement {
  const { job, reports, failovers = [], begun = [], isCut = false, policy, now, random } = input;
  // Being asked to wait, or an account that is refused, is not the message's failure, so an attempt in which nothing else
  // was said costs none.
  const isImpatient = isOld(job.message, { now, maxAgeMs: policy.maxAgeMs });
  const isUntold = ({ kind }: Outcome) => isCut && kind === 'unavailable';
  const counts = (outcome: Outcome) =>
    !isUntold(outcome) && (isImpatient || !(asksToWait(outcome) || isOfAccount(outcome)));
  const askedMs = (outcome: Outcome) => {
    if (isUntold(outcome)) return 0;
    if (isOfAccount(outcome)) return ACCOUNT_WAIT_MS;
    return asksToWait(outcome) ? (outcome.retryAfterMs ?? THROTTLED_WAIT_MS) : 0;
  };
  const attempt = job.attempts + 1;
  const isLast = attempt >= job.message.maxAttempts;
  const steps = job.recipients.map((recipient) =>
    step({ job, reports, recipient, isLast, policy: policy.unknown, counts }),
  );

  const open = steps.filter(({ status }) => status === 'queued');
  const status = messageStatus([...(job.settled ?? []), ...steps.map((one) => one.status)]);
  const dueAt = open.length === 0 ? undefined : now + waitMs({ open, attempt, askedMs, policy, random });
  const worst = worstOf(steps.flatMap(({ outcome }) => outcome ?? []));
  const last = reports.at(-1);
  const buried = burial(
    { job, isGivenUp: steps.some(({ because }) => because !== undefined), isOpen: open.length > 0, now },
    deadLetter({ attempts: last ? attempt : job.attempts, worst, steps }),
  );

  return {
    tenantId: job.message.tenantId,
    messageId: job.message.id,
    fence: job.fence,
    at: now,
    status,
    recipients: steps.map(({ recipient, status, outcome }) => ({
      position: recipient.position,
      status,
      ...replyOf(job, recipient, outcome),
    })),
    events: [
      ...steps.filter((one) => one.status === 'suppressed').map((one) => suppressedEvent(one, { job, now })),
      ...attemptEvents({ reports, failovers, attempt, begun }),
      ...steps.flatMap((one) => finalEvent(one, { now, attempt })),
      ...openEvents({ open, dueAt, now, attempt }),
      ...buried.events,
    ],
    ...(last && { attempts: attemptsOf(reports, counts) }),
    ...(dueAt !== undefined && { dueAt }),
    ...buried.marks,
    ...(steps.some((one) => one.status === 'sent') && { sentAt: now }),
    ...(worst && worst.kind !== 'delivered' && { lastError: worst.reply.text }),
    ...(last?.kept && { kept: last.kept }),
  };
}

/**
 * Whom a provider took of a job that it has still to be asked for others; undefined where it took nobody. Who was refused waits for
 * the end of the attempt: another provider may be asked, and to be refused twice harms nobody.
 */
export function partState(input: {
  readonly job: Job;
  readonly part: Pick<AttemptReport, 'provider' | 'startedAt' | 'outcomes'>;
  readonly begun: readonly string[];
  readonly now: number;
}): PartSettlement | undefined {
  const { job, part, begun, now } = input;
  const { provider, startedAt, outcomes } = part;
  const attempt = job.attempts + 1;
  const steps = job.recipients.flatMap((recipient): (Step & { outcome: Outcome })[] => {
    const outcome = outcomes.get(recipient.position);
    return outcome?.kind === 'delivered' ? [{ recipient, status: 'sent', outcome, provider }] : [];
  });
  if (steps.length === 0) return undefined;
  return {
    ...{ tenantId: job.message.tenantId, messageId: job.message.id, fence: job.fence, at: now },
    ...{ provider, startedAt },
    sent: steps.map(({ recipient, outcome }) => ({ position: recipient.position, reply: outcome.reply.text })),
    events: [
      ...(begun.includes(provider) ? [] : [processingEvent(part, attempt)]),
      ...steps.flatMap((one) => finalEvent(one, { now, attempt })),
    ],
  };
}

function replyOf(job: Job, recipient: Recipient, outcome: Outcome | undefined): { readonly reply?: string } {
  const category = turnedOff(job, recipient);
  if (category !== undefined) return { reply: `turned off: ${category}` };
  return outcome ? { reply: outcome.reply.text } : {};
}

/** One claim is one attempt, however many providers it took: the last that had something to say stands for it. */
function attemptsOf(reports: readonly AttemptReport[], counts: (outcome: Outcome) => boolean): AttemptRecord[] {
  const counting = reports.findLastIndex(({ outcomes }) => [...outcomes.values()].some(counts));
  return reports.map((report, index) => attemptOf(report, { isCounted: index === counting }));
}

function step(input: {
  readonly job: Job;
  readonly reports: readonly AttemptReport[];
  readonly recipient: Recipient;
  readonly isLast: boolean;
  readonly policy: UnknownPolicy;
  readonly counts: (outcome: Outcome) => boolean;
}): Step {
  const { job, reports, recipient, isLast, policy, counts } = input;
  if (job.suppressed.includes(recipient.position)) return { recipient, status: 'suppressed' };
  const report = reports.findLast(({ outcomes }) => outcomes.has(recipient.position));
  const outcome = report?.outcomes.get(recipient.position);
  if (!report || !outcome) throw new Error(`no outcome for recipient ${recipient.position} of ${job.message.id}`);
  const isCounted = reports.some(({ outcomes }) => {
    const one = outcomes.get(recipient.position);
    return one !== undefined && counts(one);
  });
  const said = { recipient, outcome, provider: report.provider, isCounted };
  switch (outcome.kind) {
    case 'delivered':
      return { ...said, status: 'sent' };
    case 'rejected':
      // `bounced` is about the address itself; everything else that is final is `failed`.
      return { ...said, status: outcome.bounce === 'hard' ? 'bounced' : 'failed' };
    case 'unknown':
      if (policy === 'hold') return { ...said, status: 'failed', because: 'unknown' };
      break;
    case 'throttled':
    case 'deferred':
    case 'unavailable':
      break;
  }
  return isLast && isCounted ? { ...said, status: 'failed', because: 'attempts' } : { ...said, status: 'queued' };
}

function waitMs(input: {
  readonly open: readonly Step[];
  readonly attempt: number;
  /** For how long an outcome asks us to wait. */
  readonly askedMs: (outcome: Outcome) => number;
  readonly policy: Policy;
  readonly random: () => number;
}): number {
  const { open, attempt, askedMs, policy, random } = input;
  // The next attempt is for all that are open, so it waits until it is right for each.
  let wait = 0;
  if (open.some(({ isCounted }) => isCounted)) wait = backoff(policy, { tries: attempt, random });
  for (const { outcome } of open) {
    if (outcome) wait = Math.max(wait, askedMs(outcome));
  }
  return wait;
}

// ---------------------------------------------------------------------------------------------------- the events

/** What every event about an answer tells. */
function telling({ outcome, provider }: Step, attempt: number): { [name: string]: Json } {
  return {
    ...(provider && { provider }),
    attempt,
    ...(outcome && {
      // The provider took responsibility; only a report that comes later says that it was delivered.
      outcome: outcome.kind === 'delivered' ? 'accepted' : outcome.kind,
      reply: outcome.reply.text,
      ...(outcome.reply.code !== undefined && { code: outcome.reply.code }),
      ...(outcome.reply.enhanced !== undefined && { enhanced: outcome.reply.enhanced }),
      ...(outcome.kind === 'rejected' && { bounce: outcome.bounce }),
    }),
  };
}

function suppressedEvent({ recipient }: Step, { job, now }: { job: Job; now: number }): NewEvent {
  const category = turnedOff(job, recipient);
  const data = category !== undefined && { reason: 'unsubscribed', category };
  return { type: 'suppressed', at: now, recipient: recipient.address, ...(data && { data }) };
}

/** The category of the message, where the recipient turned it off. */
function turnedOff({ unsubscribed = [], message }: Job, { position }: Recipient): string | undefined {
  return unsubscribed.includes(position) ? message.unsubscribe?.category : undefined;
}

/** `processing` for each provider that was tried, and `delivery_delayed` before it where it stepped in for others. */
function attemptEvents(input: {
  readonly reports: readonly AttemptReport[];
  readonly failovers: readonly Failover[];
  readonly attempt: number;
  readonly begun: readonly string[];
}): NewEvent[] {
  const { reports, failovers, attempt, begun } = input;
  return reports.flatMap((report): NewEvent[] => [
    ...failovers.filter(({ to }) => to === report.provider).map((one) => failoverEvent(one, attempt)),
    ...(begun.includes(report.provider) ? [] : [processingEvent(report, attempt)]),
  ]);
}

function processingEvent(
  { provider, startedAt }: Pick<AttemptReport, 'provider' | 'startedAt'>,
  attempt: number,
): NewEvent {
  return { type: 'processing', at: startedAt, data: { ...(provider && { provider }), attempt } };
}

function failoverEvent({ from, to, at, outcome, reply }: Failover, attempt: number): NewEvent {
  return { type: 'delivery_delayed', at, data: { failover: true, from, fallback: to, attempt, outcome, reply } };
}

function finalEvent(one: Step, { now, attempt }: { now: number; attempt: number }): NewEvent[] {
  const { recipient, status, because } = one;
  if (status !== 'sent' && status !== 'bounced' && status !== 'failed') return [];
  const reason = because === 'attempts' ? 'no attempts are left' : because && HELD;
  return [
    {
      type: status,
      at: now,
      recipient: recipient.address,
      data: { ...telling(one, attempt), ...(reason !== undefined && { reason }) },
    },
  ];
}

const HELD =
  'The provider was given the message and never answered, so it may have been sent. It is held, as this tenant wishes; ' +
  '`iep retry ID` sends it again, perhaps a second time.';

/** One event for all that wait: they are tried again together. */
function openEvents(input: {
  readonly open: readonly Step[];
  readonly dueAt: number | undefined;
  readonly now: number;
  readonly attempt: number;
}): NewEvent[] {
  const { open, dueAt, now, attempt } = input;
  const worst = worstOf(open.flatMap(({ outcome }) => outcome ?? []));
  const one = open.find(({ outcome }) => outcome === worst);
  if (dueAt === undefined || !one) return [];
  const addresses = open.map(({ recipient }) => recipient.address);
  const isRetry = open.some(({ isCounted }) => isCounted);
  const isHeld = !isRetry && open.every(({ outcome }) => outcome && isOfAccount(outcome));
  const isOfItsSender = isHeld && open.every(({ outcome }) => outcome && isOfSender(outcome));
  return [
    {
      type: isRetry ? 'retry_scheduled' : 'delivery_delayed',
      at: now,
      ...(addresses.length === 1 && { recipient: one.recipient.address }),
      data: {
        ...telling(one, attempt),
        // Nobody knows when the account is put right.
        ...(isHeld ? { account: true } : { nextAttemptAt: new Date(dueAt).toISOString() }),
        ...(isOfItsSender && { sender: true }),
        ...(addresses.length > 1 && { recipients: addresses }),
      },
    },
  ];
}

/** What the event of a dead letter tells. */
function deadLetter(input: {
  readonly attempts: number;
  readonly worst: Outcome | undefined;
  readonly steps: readonly Step[];
}) {
  const { attempts, worst, steps } = input;
  const reasons = new Set(steps.flatMap(({ because }) => because ?? []));
  const isHeld = reasons.has('unknown') && !reasons.has('attempts');
  return { attempts, ...(worst && { reply: worst.reply.text }), ...(isHeld && { reason: HELD }) };
}
