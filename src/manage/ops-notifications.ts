/**
 * Notifications as seed 004's callers know them: one mail to one address, with a type and the run of a job that it is about. Each is
 * a message like all others, with a tag that tells it from those.
 */

import { IepError } from '../core/errors.ts';
import type { Attachment, Json, Lane, Submission } from '../core/message.ts';
import type { MessageDetail } from '../db/verbs/messages.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Accept, Accepted } from '../message/intake/accept.ts';
import type { Caller } from './audit/caller.ts';
import type { MessageDesk } from './messages.ts';
import { smtpProviderOf } from './smtp-settings.ts';

/** What tells their messages from others. */
export const OPS_TAG = 'ops-notification';
/** The shipped template of job results (`iep template push --builtin`). */
const JOB_TEMPLATE = 'job-result';
/** Types that tell how a job ended. */
const JOB_TYPES = /^job_(?:completed|succeeded|success|failed|failure|error|cancelled|timeout)$/;
const JOB_SUCCESS = /^job_(?:completed|succeeded|success)$/;

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

export interface OpsNotificationDesk {
  create(
    tenant: Tenant,
    input: OpsNotification,
    about: { readonly door: Submission['door']; readonly gone: AbortSignal },
  ): Promise<Accepted>;
  /** Refuses with `not_found`, also for a message that is none. */
  get(tenant: Tenant, id: string): Promise<{ readonly message: MessageDetail; readonly body: string }>;
  /** Cancels one that is open, else deletes it. */
  remove(
    caller: Caller,
    input: { readonly tenant: Tenant; readonly id: string },
    gone: AbortSignal,
  ): Promise<'cancelled' | 'deleted'>;
}

export interface OpsNotificationDeps {
  readonly store: StorePart<'messages.get' | 'messages.content' | 'subscribers.of' | 'templates.resolve'>;
  readonly accept: Accept['accept'];
  readonly messages: Pick<MessageDesk, 'cancel' | 'delete'>;
}

export function createOpsNotificationDesk({ store, accept, messages }: OpsNotificationDeps): OpsNotificationDesk {
  async function addressOf(tenant: Tenant, { recipientEmail, userId }: OpsNotification): Promise<string> {
    if (recipientEmail !== undefined) return recipientEmail;
    const ids = userId === undefined ? [] : [userId];
    const [found] = await store.subscribers.of({ tenantId: tenant.id, ids });
    if (found?.email !== undefined) return found.email;
    throw new IepError('not_found', 'No subscriber with an address has this user_id.');
  }

  async function contentOf(tenant: Tenant, input: OpsNotification): Promise<Pick<Submission, 'subject' | 'content'>> {
    const { subject, body } = input;
    const isJob = JOB_TYPES.test(input.type);
    const template = isJob ? await store.templates.resolve({ tenantId: tenant.id, name: JOB_TEMPLATE }) : undefined;
    if (template !== undefined) {
      const variables = jobVariables(input);
      return { subject: '', content: { kind: 'parts', template: { name: JOB_TEMPLATE }, variables } };
    }
    const isHtml = /<\/?[a-z][^<>]*>/i.test(body);
    return { subject, content: { kind: 'parts', ...(isHtml ? { html: body } : { text: body }) } };
  }

  async function get(tenant: Tenant, id: string) {
    const named = { tenantId: tenant.id, messageId: id };
    const [message, content] = await Promise.all([store.messages.get(named), store.messages.content(named)]);
    if (message === undefined || !message.tags.includes(OPS_TAG)) {
      throw new IepError('not_found', 'No notification has this id.');
    }
    return { message, body: bodyOf(content?.message.content) };
  }

  return {
    get,
    async create(tenant, input, { door, gone }) {
      const { defaultFrom, providers = [] } = tenant.settings;
      if (defaultFrom === undefined) {
        throw new IepError('conflict', 'The tenant has no sender: post SMTP settings, or give it a default sender.');
      }
      const { type, jobRunId, userId, attachments, priority, idempotencyKey } = input;
      const own = smtpProviderOf(tenant);
      const { email, name } = defaultFrom;
      return accept(
        tenant,
        {
          ...{ door, from: { email, ...(name !== undefined && { name }) } },
          to: [{ email: await addressOf(tenant, input) }],
          ...(await contentOf(tenant, input)),
          ...{ category: type, tags: [OPS_TAG] },
          metadata: {
            ...(jobRunId !== undefined && { job_run_id: jobRunId }),
            ...(userId !== undefined && { user_id: userId }),
            subject: input.subject,
          },
          ...(attachments.length > 0 && { attachments }),
          ...(priority !== undefined && { lane: priority }),
          ...(idempotencyKey !== undefined && { idempotencyKey }),
          ...(providers.includes(own) && { provider: own }),
        },
        gone,
      );
    },
    async remove(caller, { tenant, id }, gone) {
      const { message } = await get(tenant, id);
      const named = { tenant, messageId: message.id };
      const isOpen = ['scheduled', 'queued', 'processing'].includes(message.status);
      if (isOpen) await messages.cancel(named, gone);
      else await messages.delete(caller, { ...named, onlyDead: false }, gone);
      return isOpen ? 'cancelled' : 'deleted';
    },
  };
}

/** What the template `job-result` declares, of the names that callers use. */
function jobVariables({ type, subject, body, jobRunId, data }: OpsNotification): { [name: string]: Json } {
  const text = (...names: readonly string[]) =>
    names.map((name) => data[name]).find((value) => typeof value === 'string' || typeof value === 'number');
  const job = text('job', 'job_name') ?? (jobRunId === undefined ? subject : `run ${jobRunId}`);
  const log = text('log', 'output');
  const [duration, url, host] = [text('duration'), text('url'), text('host', 'target')];
  const startedAt = text('startedAt', 'started_at');
  return {
    ...{ job: String(job), ok: JOB_SUCCESS.test(type) },
    summary: body === '' ? String(text('error_message', 'summary') ?? '') : body,
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

function bodyOf(content: Submission['content'] | undefined): string {
  if (content?.kind !== 'parts') return '';
  const { summary } = content.variables ?? {};
  return content.html ?? content.text ?? (typeof summary === 'string' ? summary : '');
}
