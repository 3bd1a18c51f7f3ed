/** Seed 004's notifications: `/api/v1/notifications` and, for services, `/internal/notifications`. */

import * as z from 'zod';
import { isAddress, isUnsafeText, normalizeAddress } from '../../core/address.ts';
import { type Json, lanes, type Submission } from '../../core/message.ts';
import { opsStatuses } from '../../manage/ops-notifications.ts';
import { safeFilename } from '../../message/attachments/filename.ts';
import type { AppDeps } from '../deps.ts';
import { filterText } from '../filter-text.ts';
import { json } from '../reply.ts';
import { jsonBody, type Route, tenantAction, tenantRoute } from '../route.ts';
import { base64 } from '../submission-schema.ts';
import { opsListShape, opsNotificationShape, opsNotificationView } from './views.ts';

const PATH = '/api/v1/notifications';
const MAX_DATA = 64 * 1024;
const MAX_LIMIT = 100;
const MAX_OFFSET = 10_000;

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
    notification_type: z
      .string()
      .min(1)
      .max(50)
      .refine((text) => !isUnsafeText(text), 'must be without control characters')
      .default('general')
      .describe('Name of a notification type; one that is not stored goes to all channels of the person'),
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
  { manage: { notifications, opsNotifications } }: AppDeps,
  door: Submission['door'],
): readonly Route[] {
  const create = (path: string, summary: string): Route =>
    tenantRoute(['send'], {
      method: 'POST',
      path,
      summary,
      body: jsonBody(notificationBody),
      answers: { 201: { description: 'It is kept', schema: opsNotificationShape } },
      async handle({ tenant, body, note }) {
        const made = await opsNotifications.create(tenant, inputOf(body), door);
        note({ notificationId: made.id });
        return json(opsNotificationView(made), 201);
      },
    });

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
        const { status, notification_type: type, recipient_email: recipientEmail, limit, offset } = query;
        const filter = { status, type, recipientEmail };
        const { items, total } = await opsNotifications.list(tenant, { filter, limit, offset }, gone);
        return json({ notifications: items.map(opsNotificationView), total });
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
      async handle({ caller, tenant, param }) {
        const id = param('id');
        return json({ id, status: await notifications.remove(caller, { tenant, id }) });
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
