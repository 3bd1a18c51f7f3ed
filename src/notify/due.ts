/** What is due: decided once more, as things are by now, and what is to be written of it. */

import { QUICK_MS } from '../base/queue/quick.ts';
import type { Clock } from '../core/clock.ts';
import type { Attachment, Json } from '../core/message.ts';
import type { RecipientText } from '../core/notification-delivery.ts';
import type {
  DueDelivery,
  DueWindow,
  Notification,
  NotificationJob,
  NotificationSettlement,
} from '../db/verbs/notifications.ts';
import type { NewMessage } from '../db/verbs/outbox.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Accept } from '../message/intake/accept.ts';
import type { PostOutcome } from './channels/channel.ts';
import type { Channels } from './channels/post.ts';
import { postOf } from './compose.ts';
import type { GatheredItems, NotificationContent } from './content.ts';
import { attachedFiles, chosenFiles } from './digest-files.ts';
import { type Escalation, nextStep } from './escalation.ts';
import { wayKey } from './group.ts';
import { namedParties, nextParties, type Party, type People, partyNamed, type Rest } from './party.ts';
import { type NamedType, type Planner, type Subject, type Way, waysOf } from './planner.ts';

export interface DueDeps {
  readonly store: StorePart<'notifications.files' | 'notifications.told'>;
  readonly people: People;
  readonly planner: Planner;
  readonly channels: Channels;
  readonly typeOf: (tenantId: string, name: string) => Promise<NamedType | undefined>;
  /** What the mail of a tenant may carry. */
  readonly filesAllowed: Accept['filesAllowed'];
  readonly clock: Pick<Clock, 'now'>;
}

/** How a claim ends: with the mail that goes at once. */
export interface DueEnd {
  readonly settlement: Omit<NotificationSettlement, 'entry' | 'fence' | 'tenantId' | 'at'>;
  readonly messages: readonly NewMessage[];
  /** What came of a post. */
  readonly posted?: PostOutcome;
}

/** When a post is tried again, after so many tries; undefined: no more. */
export type NextTry = (tries: number, asked: number | undefined) => number | undefined;

export type WorkDue = (
  job: NotificationJob,
  tenant: Tenant,
  how: { readonly nextTry: NextTry; readonly signal: AbortSignal },
) => Promise<DueEnd>;

const MINUTE_MS = 60_000;
/** A step tells at most so many of a topic. */
const MAX_OF_STEP = 1_000;

export function createWorkDue({ store, people, planner, channels, typeOf, filesAllowed, clock }: DueDeps): WorkDue {
  const subjectOf = async (
    tenant: Tenant,
    { id, type, content, createdAt, escalation }: Notification,
  ): Promise<Subject> => ({
    ...{ tenant, type: await typeNamed(tenant.id, { type, content }), notificationId: id, at: createdAt },
    content: content as unknown as NotificationContent,
    isEscalating: escalation !== undefined,
  });

  const typeNamed = async (
    tenantId: string,
    { type: name, content }: Pick<Notification, 'type' | 'content'>,
  ): Promise<NamedType | undefined> => {
    const { plainType } = content as unknown as NotificationContent;
    return (await typeOf(tenantId, name)) ?? (plainType && { ...plainType, name });
  };

  const withFiles = async (subject: Subject): Promise<Subject> => {
    const files = await store.notifications.files({ tenantId: subject.tenant.id, id: subject.notificationId });
    const attachments = files.map(({ content, ...file }): Attachment => {
      return { ...file, content: { bytes: content, size: content.length } };
    });
    return { ...subject, attachments };
  };

  return async (job, tenant, how) => {
    const { work } = job;
    if (work.kind === 'deliver') return deliver(job, { ...how, tenant, ...work });
    if (work.kind === 'window') return endWindow(job, { ...how, tenant, ...work });
    return work.kind === 'rest' ? goOn(tenant, work.notification) : escalate(tenant, work.notification);
  };

  type How = Parameters<WorkDue>[2];

  async function deliver(
    job: NotificationJob,
    {
      tenant,
      notification,
      delivery,
      ...how
    }: How & { tenant: Tenant; notification: Notification; delivery: DueDelivery },
  ): Promise<DueEnd> {
    const party = await partyNamed(people, tenant.id, delivery.recipient);
    const subject = await withFiles(await subjectOf(tenant, notification));
    const id = `${notification.id}.${delivery.no}`;
    const end = await hand(job, { ...how, subject, way: { party, channel: channelOf(delivery) }, id });
    return withReason(end);
  }

  async function endWindow(
    job: NotificationJob,
    { tenant, no, window, ...how }: How & { tenant: Tenant; no: number; window: DueWindow | undefined },
  ): Promise<DueEnd> {
    if (window === undefined) return { settlement: { window: { no, count: 0, takes: [] } }, messages: [] };
    const party = await partyNamed(people, tenant.id, window.recipient);
    const last = window.items.at(-1);
    if (last === undefined) throw new Error('a window that holds something has items');
    const type = await typeNamed(tenant.id, { type: window.type, content: last.content });
    const isMail = window.channel === 'email';
    const chosen = chosenFiles(window.items, isMail ? filesAllowed(tenant) : undefined);
    const items = window.items.map(({ content, at }, n) => ({
      ...{ data: (content as unknown as NotificationContent).data, at, files: chosen[n] ?? [] },
    }));
    const attachments = await attachedFiles(window.items, chosen, (id) =>
      store.notifications.files({ tenantId: tenant.id, id }),
    );
    const { kind, count, firstAt, lastAt } = window;
    const gathered: GatheredItems = { kind, items, count, firstAt, lastAt };
    const subject: Subject = {
      ...{ tenant, type, notificationId: last.notificationId, at: clock.now(), gathered, attachments },
      content: last.content as unknown as NotificationContent,
    };
    const way: Way = { party, channel: channelOf(window) };
    const end = await hand(job, { ...how, subject, way, id: `window.${no}`, held: kind });
    if (end.settlement.dueAt !== undefined) return withReason(end);
    const isGone = end.settlement.outcome?.status === 'pending' || end.settlement.outcome?.status === 'sent';
    const takes =
      isGone && kind === 'rate' && type?.rateLimit !== undefined ? [nextRate(window, type, clock.now())] : [];
    return { ...end, settlement: { ...end.settlement, window: { no, count, takes } } };
  }

  /** Decides for one way, and mails or posts where it goes now. */
  async function hand(
    { tries }: NotificationJob,
    {
      subject,
      way,
      id,
      nextTry,
      signal,
      held,
    }: How & { subject: Subject; way: Way; id: string; held?: GatheredItems['kind'] },
  ): Promise<DueEnd> {
    const [made] = await planner.decide(subject, [way], { wasHeld: true });
    if (made === undefined) throw new Error('a way was not decided about');
    const { verdict } = made.decision;
    if (verdict.kind === 'held') {
      const reason = held === undefined ? verdict.reason : heldAs[held];
      return {
        settlement: { dueAt: verdict.until, outcome: { status: 'held', reason, until: verdict.until } },
        messages: [],
      };
    }
    if (verdict.kind !== 'now')
      return { settlement: { outcome: { status: verdict.kind, reason: verdict.reason } }, messages: [] };
    if (way.channel === 'email') return mailed(await planner.draw(subject, way));
    const post = postOf(await planner.composing(subject, way), { channel: way.channel, id });
    if ('unfit' in post) return failed(post.unfit);
    const { outcome, durationMs, isAsked } = await channels.post({ ...post, signal });
    const end = afterPost(outcome, nextTry(tries + 1, 'retryAfterMs' in outcome ? outcome.retryAfterMs : undefined));
    const answered = { delivered: outcome.kind === 'delivered', quick: durationMs <= QUICK_MS };
    return { ...end, settlement: { ...end.settlement, ...(isAsked && { answered }) }, posted: outcome };
  }

  /** The next page of its topics. Who was told already is not told again. */
  async function goOn(tenant: Tenant, notification: Notification): Promise<DueEnd> {
    const before = notification.rest as unknown as Rest;
    const page = await nextParties(people, tenant.id, before);
    const subject = await withFiles(await subjectOf(tenant, notification));
    const parties = await untold(tenant, notification.id, { parties: page.parties, step: stepOf(notification) });
    const { deliveries, messages } = await planner.plan(subject, waysOf(subject.type, parties, before), {
      step: stepOf(notification),
    });
    const rest = (page.rest ?? null) as unknown as Json;
    return { settlement: { deliveries, rest, ...(page.rest !== undefined && { dueAt: clock.now() }) }, messages };
  }

  async function untold(tenant: Tenant, id: string, { parties, step }: { parties: readonly Party[]; step: number }) {
    const recipients = parties.map(({ recipient }) => recipient);
    const told = new Set<RecipientText>(
      recipients.length === 0 ? [] : await store.notifications.told({ tenantId: tenant.id, id, step, recipients }),
    );
    return parties.filter(({ recipient }) => !told.has(recipient));
  }

  async function escalate(tenant: Tenant, notification: Notification): Promise<DueEnd> {
    const before = notification.escalation as unknown as Escalation;
    const due = nextStep(before);
    if (due === undefined) return { settlement: {}, messages: [] };
    const state = { ...before, taken: before.taken + 1 };
    const subject = await withFiles(await subjectOf(tenant, notification));
    const parties = await partiesOfStep(tenant.id, due.step.to);
    const ways = waysOf(subject.type, parties, { only: due.step.channels });
    const { deliveries, messages } = await planner.plan(subject, ways, {
      step: state.taken,
      isReminder: before.taken > 0,
    });
    const next = nextStep(state);
    return {
      settlement: {
        ...{ deliveries, escalation: { state: state as unknown as Json, step: state.taken } },
        ...(next && { dueAt: next.at }),
      },
      messages,
    };
  }

  async function partiesOfStep(
    tenantId: string,
    targets: Parameters<typeof namedParties>[2],
  ): Promise<readonly Party[]> {
    const named = await namedParties(people, tenantId, targets);
    const parties = new Map(named.parties.map((one) => [one.recipient, one]));
    for (let { rest } = named; rest !== undefined && parties.size < MAX_OF_STEP; ) {
      const page = await nextParties(people, tenantId, rest);
      for (const one of page.parties) parties.set(one.recipient, one);
      rest = page.rest;
    }
    return [...parties.values()];
  }
}

const heldAs = { group: 'grouped', rate: 'rate_limited', digest: 'digest' } as const;

function mailed(drawn: NewMessage | string): DueEnd {
  if (typeof drawn === 'string') return failed(drawn);
  return { settlement: { outcome: { status: 'pending', messageId: drawn.message.id } }, messages: [drawn] };
}

function failed(reason: string): DueEnd {
  return { settlement: { outcome: { status: 'failed', reason } }, messages: [] };
}

function afterPost(outcome: PostOutcome, again: number | undefined): DueEnd {
  if (outcome.kind === 'delivered') return { settlement: { outcome: { status: 'sent' } }, messages: [] };
  if (outcome.kind === 'rejected' || again === undefined) return failed(outcome.reason);
  return { settlement: { dueAt: again, tried: true }, messages: [] };
}

/** Of a post that is tried again: why, and when. */
function withReason({ settlement, posted, ...end }: DueEnd): DueEnd {
  if (posted?.kind !== 'deferred' || settlement.dueAt === undefined)
    return { ...end, settlement, ...(posted && { posted }) };
  const outcome = { status: 'pending', reason: posted.reason, until: settlement.dueAt } as const;
  return { ...end, posted, settlement: { ...settlement, outcome } };
}

/** What followed from a limit counts in the window that it opens. */
function nextRate(window: DueWindow, type: NamedType, now: number) {
  const { recipient, channel } = window;
  const endsAt = now + (type.rateLimit?.windowMinutes ?? 0) * MINUTE_MS;
  const key = wayKey({ type: type.name, recipient, channel });
  return { kind: 'rate' as const, key, endsAt, limit: Number.MAX_SAFE_INTEGER };
}

function channelOf({ channel }: { readonly channel: string }): Way['channel'] {
  return channel as Way['channel'];
}

/** Topics of an escalation belong to its first step. */
function stepOf({ escalation }: Notification): number {
  return escalation === undefined ? 0 : 1;
}
