/**
 * Notifications as seed 004's callers know them: a subject and a text for one person, with a type and the run of a job that it is about.
 * Each is a notification like all others: types, preferences, quiet hours, digests and channels hold for it.
 */

import { IepError } from '../core/errors.ts';
import type { Attachment, Json, Lane, Submission } from '../core/message.ts';
import type { NotificationTarget, NotificationTypeSpec } from '../core/notification.ts';
import { type NotificationStatus, readRecipient } from '../core/notification-delivery.ts';
import type { ListedNotification, NotificationDelivery, NotificationFilter } from '../db/verbs/notifications.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { cardOf } from '../notify/channels/card.ts';
import type { NotificationContent } from '../notify/content.ts';
import type { KnownPerson } from '../notify/party.ts';
import { reasonText } from './notification-timeline.ts';
import type { NotificationDesk } from './notifications.ts';
import { smtpProviderOf } from './smtp-settings.ts';

/** The shipped template of job results (`iep template push --builtin`). */
const JOB_TEMPLATE = 'job-result';
/** Types that tell how a job ended. */
const JOB_TYPES = /^job_(?:completed|succeeded|success|failed|failure|error|cancelled|timeout)$/;
const JOB_SUCCESS = /^job_(?:completed|succeeded|success)$/;
/** Of HTML, what cards and digests show the text of. */
const READ_HTML = 64 * 1024;

export interface OpsNotification {
  /** An address; or that of the subscriber `userId`. */
  readonly recipientEmail?: string | undefined;
  readonly userId?: string | undefined;
  readonly subject: string;
  readonly body: string;
  readonly type: string;
  readonly jobRunId?: string | number | undefined;
  readonly data: { readonly [name: string]: Json };
  readonly attachments: readonly Attachment[];
  readonly priority?: Lane | undefined;
  readonly idempotencyKey?: string | undefined;
}

/** What each status stands for, in the order in which one of several deliveries says how all of it stands. */
const standings = {
  pending: ['pending', 'held'],
  delivered: ['delivered', 'acknowledged'],
  sent: ['sent'],
  failed: ['failed', 'skipped'],
  cancelled: ['cancelled'],
} as const satisfies Readonly<Record<string, readonly NotificationStatus[]>>;
export type OpsStatus = keyof typeof standings;
export const opsStatuses = Object.keys(standings) as readonly OpsStatus[];

export interface OpsShown {
  readonly id: string;
  readonly recipientEmail: string;
  readonly subject: string;
  readonly body: string;
  readonly type: string;
  readonly jobRunId?: string | number | undefined;
  readonly status: OpsStatus;
  readonly error?: string | undefined;
  /** Tries after the first. */
  readonly retries: number;
  readonly sentAt?: number | undefined;
  readonly createdAt: number;
}

export interface OpsFilter {
  readonly status?: OpsStatus | undefined;
  readonly type?: string | undefined;
  readonly recipientEmail?: string | undefined;
}

export interface OpsNotificationDesk {
  create(tenant: Tenant, input: OpsNotification, door: Submission['door']): Promise<OpsShown>;
  /** Refuses with `not_found`. */
  get(tenant: Tenant, id: string): Promise<OpsShown>;
  /** The newest first; `total` counts up to a limit. */
  list(
    tenant: Tenant,
    page: { readonly filter: OpsFilter; readonly limit: number; readonly offset: number },
    gone: AbortSignal,
  ): Promise<{ readonly items: readonly OpsShown[]; readonly total: number }>;
}

export interface OpsNotificationDeps {
  readonly store: StorePart<'messages.get' | 'subscribers.list' | 'templates.resolve' | 'notifications.ids'>;
  readonly notifications: Pick<NotificationDesk, 'notify' | 'get' | 'notifying'>;
}

/** Notifications that are counted. */
const MAX_TOTAL = 5_000;
const COUNTED_AT_ONCE = 1_000;

export function createOpsNotificationDesk({ store, notifications }: OpsNotificationDeps): OpsNotificationDesk {
  const { people } = notifications.notifying;

  /** The subscriber of that id; or the one who has the address, where one alone has it. */
  async function personOf(tenant: Tenant, { recipientEmail, userId }: OpsNotification) {
    if (userId === undefined) {
      const email = recipientEmail ?? '';
      const { items } = await store.subscribers.list({ tenantId: tenant.id, email, limit: 2 });
      const [only] = items.length === 1 ? await people.of(tenant.id, [items[0]?.id ?? '']) : [];
      return only;
    }
    const [found] = await people.of(tenant.id, [userId]);
    if (found !== undefined || recipientEmail !== undefined) return found;
    throw new IepError('not_found', 'No subscriber has this user_id.');
  }

  async function typeFor(tenant: Tenant, name: string, person: KnownPerson | undefined): Promise<NotificationTypeSpec> {
    const isJob = JOB_TYPES.test(name);
    const template = isJob ? await store.templates.resolve({ tenantId: tenant.id, name: JOB_TEMPLATE }) : undefined;
    const posted = Object.keys(person?.posts ?? {}) as (keyof KnownPerson['posts'])[];
    const isMailed = person === undefined || person.email !== undefined || posted.length === 0;
    return {
      ...{ category: name, critical: false, unsubscribable: true },
      channels: [...(isMailed ? (['email'] as const) : []), ...posted],
      templates: template === undefined ? {} : { email: JOB_TEMPLATE },
    };
  }

  async function shown(tenant: Tenant, { notification, deliveries }: Found): Promise<OpsShown> {
    const { id, type, createdAt } = notification;
    const { asked, data } = notification.content as unknown as NotificationContent;
    const status = statusOf(deliveries);
    const main = mainOf(deliveries, status);
    const messageId = main?.messageId;
    const message = messageId && (await store.messages.get({ tenantId: tenant.id, messageId }));
    const card = cardOf({ type, data });
    const named = deliveries.map(({ recipient }) => readRecipient(recipient)).find(({ kind }) => kind === 'email');
    const common = { id, type, status, createdAt };
    return {
      ...common,
      recipientEmail: asked?.recipientEmail ?? named?.name ?? (message ? message.to[0] : undefined) ?? '',
      ...{ subject: asked?.subject ?? card.subject, body: asked?.body ?? card.text ?? '', jobRunId: asked?.jobRunId },
      ...(message
        ? { retries: Math.max(0, message.attempts - 1), sentAt: message.sentAt ?? undefined }
        : { retries: retriesOf(main), sentAt: main?.history.find((step) => step.status === 'sent')?.at }),
      error: errorOf(main, message ? message.lastError : undefined),
    };
  }

  async function get(tenant: Tenant, id: string): Promise<OpsShown> {
    return shown(tenant, await notifications.get({ tenant, id }));
  }

  return {
    get,
    async create(tenant, input, door) {
      const { type, idempotencyKey, priority, attachments } = input;
      const person = await personOf(tenant, input);
      const plainType = await typeFor(tenant, type, person);
      if (tenant.settings.defaultFrom === undefined && plainType.channels.includes('email')) {
        throw new IepError('conflict', 'The tenant has no sender: post SMTP settings, or give it a default sender.');
      }
      const to: NotificationTarget =
        person === undefined ? { email: input.recipientEmail ?? '' } : { subscriber: person.id };
      const { notificationId } = await notifications.notify(tenant, {
        ...{ type, plainType, to: [to], door, attachments, idempotencyKey, priority },
        ...{ data: await dataOf(input), more: moreOf(tenant, { input, email: input.recipientEmail ?? person?.email }) },
      });
      return get(tenant, notificationId);
    },
    async list(tenant, { filter, limit, offset }, gone) {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const asked = { tenantId: tenant.id, filter: filterOf(filter), limit: COUNTED_AT_ONCE };
        const page = await store.notifications.ids({ ...asked, ...(cursor !== undefined && { cursor }) }, gone);
        ids.push(...page.items);
        cursor = page.cursor;
      } while (cursor !== undefined && ids.length < Math.max(MAX_TOTAL, offset + limit));
      const items = await Promise.all(ids.slice(offset, offset + limit).map((id) => get(tenant, id).catch(unlessGone)));
      return { items: items.filter((one) => one !== undefined), total: Math.min(ids.length, MAX_TOTAL) };
    },
  };
}

interface Found {
  readonly notification: ListedNotification;
  readonly deliveries: readonly NotificationDelivery[];
}

/** It was removed since it was listed. */
function unlessGone(error: unknown): undefined {
  if (!(error instanceof IepError) || error.code !== 'not_found') throw error;
}

function moreOf(
  tenant: Tenant,
  { input, email }: { readonly input: OpsNotification; readonly email: string | undefined },
): Pick<NotificationContent, 'mail' | 'provider' | 'asked'> {
  const { subject, body, jobRunId } = input;
  const own = smtpProviderOf(tenant);
  return {
    mail: { body, isHtml: isHtml(body) },
    asked: {
      ...{ subject, body },
      ...(email !== undefined && { recipientEmail: email }),
      ...(jobRunId !== undefined && { jobRunId }),
    },
    ...(tenant.settings.providers?.includes(own) && { provider: own }),
  };
}

function isHtml(body: string): boolean {
  return /<\/?[a-z][^<>]*>/i.test(body);
}

async function textOf(html: string): Promise<string> {
  // Loaded with the first that is needed.
  const { textFromHtml } = await import('../message/render/text-from-html.ts');
  return textFromHtml(html.slice(0, READ_HTML));
}

/** What templates and cards see: the data as they came, and what IEP's own templates call it. */
async function dataOf(input: OpsNotification): Promise<{ [name: string]: Json }> {
  const { type, subject, body, jobRunId, data } = input;
  const said = isHtml(body) ? await textOf(body) : body;
  const { job_name: _, output: __, target: ___, started_at: ____, ...rest } = data;
  return {
    ...(jobRunId !== undefined && { job_run_id: jobRunId }),
    ...(JOB_TYPES.test(type) ? { ...rest, ...jobVariables(input, said) } : data),
    ...{ subject, ...(said !== '' && { text: said }) },
  };
}

/** What the template `job-result` declares, of the names that callers use. */
function jobVariables({ type, subject, jobRunId, data }: OpsNotification, said: string): { [name: string]: Json } {
  const text = (...names: readonly string[]) =>
    names.map((name) => data[name]).find((value) => typeof value === 'string' || typeof value === 'number');
  const job = text('job', 'job_name') ?? (jobRunId === undefined ? subject : `run ${jobRunId}`);
  const log = text('log', 'output');
  const [duration, url, host] = [text('duration'), text('url'), text('host', 'target')];
  const startedAt = text('startedAt', 'started_at');
  return {
    ...{ job: String(job), ok: JOB_SUCCESS.test(type) },
    summary: said === '' ? String(text('error_message', 'summary') ?? '') : said,
    ...(log !== undefined && { log: String(log) }),
    ...(duration !== undefined && { duration: String(duration) }),
    ...(typeof url === 'string' && /^https?:\/\//i.test(url) && { url }),
    ...(host !== undefined && { host: String(host) }),
    ...(typeof startedAt === 'string' &&
      !Number.isNaN(Date.parse(startedAt)) && {
        startedAt: new Date(startedAt).toISOString(),
      }),
  };
}

function statusOf(deliveries: readonly NotificationDelivery[]): OpsStatus {
  const has = (status: OpsStatus) =>
    deliveries.some((one) => (standings[status] as readonly NotificationStatus[]).includes(one.status));
  return opsStatuses.find(has) ?? 'cancelled';
}

/** The delivery that the status is of: its mail, where there is one. */
function mainOf(deliveries: readonly NotificationDelivery[], status: OpsStatus): NotificationDelivery | undefined {
  const fitting = deliveries.filter((one) => (standings[status] as readonly NotificationStatus[]).includes(one.status));
  return fitting.find(({ channel }) => channel === 'email') ?? fitting[0];
}

function retriesOf(delivery: NotificationDelivery | undefined): number {
  return (delivery?.history ?? []).filter(({ status, until }) => status === 'pending' && until !== undefined).length;
}

function errorOf(delivery: NotificationDelivery | undefined, lastError: string | undefined): string | undefined {
  const { status, reason } = delivery ?? {};
  if (status !== 'pending' && status !== 'failed' && status !== 'skipped') return undefined;
  return lastError ?? (reason === undefined ? undefined : reasonText(reason));
}

function filterOf({ status, type, recipientEmail }: OpsFilter): NotificationFilter {
  const before = status === undefined ? [] : opsStatuses.slice(0, opsStatuses.indexOf(status));
  return {
    ...(type !== undefined && { type }),
    ...(recipientEmail !== undefined && { address: recipientEmail }),
    ...(status !== undefined && {
      statuses: { some: standings[status], none: before.flatMap((one) => standings[one]) },
    }),
  };
}
