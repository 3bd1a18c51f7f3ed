/** Seed 004's notifications: `/api/v1/notifications` and, for services, `/internal/notifications`. */

import * as z from 'zod';
import { isAddress, normalizeAddress } from '../../core/address.ts';
import { type Json, lanes, type Submission } from '../../core/message.ts';
import type { MessageFilter } from '../../db/verbs/messages.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { OPS_TAG } from '../../manage/ops-notifications.ts';
import { safeFilename } from '../../message/attachments/filename.ts';
import type { AppDeps } from '../deps.ts';
import { filterText } from '../filter-text.ts';
import { json } from '../reply.ts';
import { jsonBody, type Route, tenantAction, tenantRoute } from '../route.ts';
import { base64 } from '../submission-schema.ts';
import { messageStatuses, opsListShape, opsNotificationShape, opsNotificationView, opsStatuses } from './views.ts';

const PATH = '/api/v1/notifications';
const MAX_DATA = 64 * 1024;
const MAX_LIMIT = 100;
const MAX_OFFSET = 10_000;
/** Notifications that are counted. */
const MAX_TOTAL = 5_000;
const COUNTED_AT_ONCE = 500;

export const opsAddress = z
  .string()
  .max(320)
  .overwrite((text) => normalizeAddress(text.trim()) ?? text)
  .refine(isAddress, 'must be an address such as "user@example.com"');

const attachment = z.object({
  filename: z.string().min(1).max(1_000),
  content: base64,
  content_type: z.string().max(255).default('application/octet-stream'),
});

const notificationBody = z
  .object({
    recipient_email: opsAddress.optional(),
    user_id: z.coerce.string().min(1).max(255).optional().describe('Id of a subscriber, in place of the address'),
    subject: z.string().min(1).max(255),
    body: z
      .string()
      .max(1024 * 1024)
      .default(''),
    notification_type: z.string().min(1).max(50).default('general'),
    job_run_id: z.union([z.int(), z.string().min(1).max(255)]).optional(),
    data: z
      .record(z.string(), z.unknown())
      .refine((data) => JSON.stringify(data).length <= MAX_DATA, 'must be at most 64 KiB of JSON')
      .default({})
      .describe('Of a job: job_name, duration, log, url …'),
    attachments: z.array(attachment).max(20).default([]),
    priority: z.enum(lanes).optional(),
    idempotency_key: z.string().min(1).max(255).optional(),
  })
  .refine(({ recipient_email: email, user_id: id }) => email !== undefined || id !== undefined, {
    path: ['recipient_email'],
    message: 'is required, or user_id',
  });

const filters = z.object({
  status: z.enum(opsStatuses).optional(),
  notification_type: filterText.optional(),
  recipient_email: filterText.optional(),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(20),
  offset: z.coerce.number().int().min(0).max(MAX_OFFSET).default(0),
});

export function opsNotificationRoutes(
  { store, manage: { opsNotifications } }: AppDeps,
  door: Submission['door'],
): readonly Route[] {
  const create = (path: string, summary: string): Route =>
    tenantRoute(['send'], {
      method: 'POST',
      path,
      summary,
      body: jsonBody(notificationBody),
      answers: { 201: { description: 'It is kept', schema: opsNotificationShape } },
      async handle({ tenant, body, gone }) {
        const { messageId } = await opsNotifications.create(tenant, inputOf(body), { door, gone });
        return json(opsNotificationView(await opsNotifications.get(tenant, messageId)), 201);
      },
    });

  async function countOf(tenant: Tenant, filter: MessageFilter, gone: AbortSignal): Promise<number> {
    let total = 0;
    let cursor: string | undefined;
    do {
      const page = await store.messages.list(
        { tenantId: tenant.id, filter, limit: COUNTED_AT_ONCE, ...(cursor !== undefined && { cursor }) },
        gone,
      );
      total += page.items.length;
      cursor = page.cursor;
    } while (cursor !== undefined && total < MAX_TOTAL);
    return Math.min(total, MAX_TOTAL);
  }

  return [
    create(PATH, 'OpsConductor: create a notification'),
    create('/internal/notifications', 'OpsConductor: the same, for services'),
    tenantRoute(['read'], {
      method: 'GET',
      path: PATH,
      summary: 'OpsConductor: list notifications, the newest first',
      query: filters,
      answers: { 200: { description: 'A page of them', schema: opsListShape } },
      async handle({ tenant, query, gone }) {
        const { status, notification_type: category, recipient_email: recipient, limit, offset } = query;
        const filter: MessageFilter = {
          tag: OPS_TAG,
          ...(status !== undefined && { status: messageStatuses[status] }),
          ...(category !== undefined && { category }),
          ...(recipient !== undefined && { recipient }),
        };
        const { items } = await store.messages.list({ tenantId: tenant.id, filter, limit, offset }, gone);
        const notifications = await Promise.all(items.map(({ id }) => opsNotifications.get(tenant, id)));
        const total = await countOf(tenant, filter, gone);
        return json({ notifications: notifications.map(opsNotificationView), total });
      },
    }),
    tenantRoute(['read'], {
      method: 'GET',
      path: `${PATH}/:id`,
      summary: 'OpsConductor: one notification',
      answers: { 200: { description: 'The notification', schema: opsNotificationShape } },
      handle: async ({ tenant, param }) => json(opsNotificationView(await opsNotifications.get(tenant, param('id')))),
    }),
    tenantAction('notification.remove', {
      method: 'DELETE',
      path: `${PATH}/:id`,
      summary: 'OpsConductor: cancel a notification that is open, else delete it',
      answers: {
        200: {
          description: 'Which of the two',
          schema: z.strictObject({ id: z.string(), status: z.enum(['cancelled', 'deleted']) }),
        },
      },
      async handle({ caller, tenant, param, gone }) {
        const id = param('id');
        return json({ id, status: await opsNotifications.remove(caller, { tenant, id }, gone) });
      },
    }),
  ];
}

function inputOf(body: z.output<typeof notificationBody>) {
  return {
    ...{ recipientEmail: body.recipient_email, userId: body.user_id, subject: body.subject, body: body.body },
    ...{ type: body.notification_type, jobRunId: body.job_run_id, data: body.data as { [name: string]: Json } },
    ...{ priority: body.priority, idempotencyKey: body.idempotency_key },
    attachments: body.attachments.map(({ filename, content_type: contentType, content: bytes }) => ({
      ...{ filename: safeFilename(filename), contentType, content: { bytes, size: bytes.length } },
    })),
  };
}
