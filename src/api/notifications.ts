/** Notifications: asked for, listed, looked at, acknowledged, cancelled. */

import * as z from 'zod';
import type { Principal } from '../access/principal.ts';
import { isUnsafeText } from '../core/address.ts';
import { parseBody } from '../core/check-input.ts';
import { type Json, lanes, type Submission } from '../core/message.ts';
import { channelTypes } from '../core/notification.ts';
import { notificationStatuses } from '../core/notification-delivery.ts';
import type { NotificationFilter } from '../db/verbs/notifications.ts';
import { definitionName, notificationTargets } from '../manage/definitions/fields.ts';
import type { AppDeps } from './deps.ts';
import { filterText, filterWords } from './filter-text.ts';
import { withIdempotencyKey } from './messages.ts';
import {
  acknowledgedShape,
  notificationDeliveryShape,
  notificationDeliveryView,
  notificationRowView,
  notificationShape,
  notificationsShape,
  notificationView,
  notifiedShape,
  notifiedView,
} from './notification-views.ts';
import { limitField, positionCursorField } from './paging.ts';
import { json } from './reply.ts';
import { jsonBody, type Route, tenantAction, tenantOrAllRoute, tenantRoute } from './route.ts';
import { pageOf } from './shapes.ts';
import { submissionBody } from './submission-schema.ts';
import { spanField } from './time.ts';
import { toAttachment } from './to-submission.ts';

const PATH = '/v1/notifications';
const MAX_DATA = 256 * 1024;
const MAX_ACTOR = 4_096;
const MAX_KEY = 255;

function jsonUpTo(max: number) {
  return (value: unknown) => value === undefined || JSON.stringify(value).length <= max;
}

export const notifyBody = z.strictObject({
  type: definitionName.describe('Name of a notification type'),
  to: notificationTargets,
  data: z
    .record(z.string(), z.unknown())
    .refine(jsonUpTo(MAX_DATA), 'must be at most 256 KiB of JSON')
    .default({})
    .describe('What it says; templates see it'),
  actor: z.unknown().refine(jsonUpTo(MAX_ACTOR), 'must be at most 4 KiB of JSON').optional().describe('Who set it off'),
  idempotencyKey: z.string().min(1).max(MAX_KEY).optional(),
  priority: z.enum(lanes).optional(),
  attachments: submissionBody.shape.attachments.describe('Of mail; a digest carries the newest, and names the others'),
});

const filters = z.object({
  type: filterText.optional(),
  category: filterText.optional(),
  subscriber: filterText.optional(),
  channel: z.enum(channelTypes).optional(),
  status: z.enum(notificationStatuses).optional().describe('Of one of its deliveries'),
  escalating: z.stringbool().optional().describe('`true`: those whose escalation nobody has ended yet'),
  from: spanField.optional().describe('Asked for since then'),
  to: spanField.optional().describe('Asked for before then; a date is included'),
  q: filterWords.optional().describe('Words sought in id, type, data and recipients, each of which must be there'),
  limit: limitField,
  cursor: positionCursorField,
});

export function notificationRoutes({ manage: { notifications } }: AppDeps, door: Submission['door']): readonly Route[] {
  return [
    tenantRoute(['send'], {
      method: 'POST',
      path: PATH,
      summary: 'Notify subscribers, addresses, topics and channels',
      body: {
        type: 'application/json',
        schema: notifyBody,
        required: true,
        example: { type: 'job.failed', to: [{ subscriber: 'u17' }], data: { job: 'nightly-backup', ok: false } },
        read: (input: unknown) => input,
      },
      headers: { 'idempotency-key': 'The same as the field idempotencyKey' },
      answers: { 202: { description: 'It is kept, with what becomes of each delivery', schema: notifiedShape } },
      async handle({ tenant, body, header, note }) {
        const said = parseBody(notifyBody, withIdempotencyKey(body, header('idempotency-key')));
        const { data, actor, attachments, ...rest } = said;
        const notified = await notifications.notify(tenant, {
          ...{ ...rest, door, data: data as { [name: string]: Json }, actor: actor as Json | undefined },
          attachments: attachments?.map(toAttachment),
        });
        note({ notificationId: notified.notificationId, deliveries: notified.deliveries.length });
        return json(notifiedView(notified), 202);
      },
    }),
    tenantOrAllRoute(['read'], {
      method: 'GET',
      path: PATH,
      summary: 'List notifications, the newest first',
      query: filters,
      answers: { 200: { description: 'A page of them', schema: notificationsShape } },
      async handle({ tenant, query, gone }) {
        const { limit, cursor, from, to, ...said } = query;
        const given = { ...said, from: from?.startsAt, before: to?.endsAt };
        const filter = Object.fromEntries(
          Object.entries(given).filter(([, value]) => value !== undefined),
        ) as NotificationFilter;
        const page = await notifications.list(tenant, { filter, limit, ...(cursor !== undefined && { cursor }) }, gone);
        return json({ items: page.items.map(notificationRowView), cursor: page.cursor ?? null });
      },
    }),
    tenantRoute(['read'], {
      method: 'GET',
      path: `${PATH}/:id`,
      summary: 'One notification: its deliveries, and why each came, waits or did not come',
      answers: { 200: { description: 'The notification', schema: notificationShape } },
      async handle({ tenant, param }) {
        const { notification, deliveries } = await notifications.get({ tenant, id: param('id') });
        return json(notificationView(notification, deliveries));
      },
    }),
    tenantRoute(['read'], {
      method: 'GET',
      path: `${PATH}/:id/deliveries`,
      summary: 'List the deliveries of a notification, however many there are',
      query: z.strictObject({ limit: limitField, cursor: positionCursorField }),
      answers: {
        200: { description: 'A page, in the order of who was told', schema: pageOf(notificationDeliveryShape) },
      },
      async handle({ tenant, param, query }) {
        const page = await notifications.deliveries({ tenant, id: param('id'), ...query });
        return json({ items: page.items.map(notificationDeliveryView), cursor: page.cursor ?? null });
      },
    }),
    tenantRoute(['send', 'admin'], {
      method: 'POST',
      path: `${PATH}/:id/acknowledge`,
      summary: 'Say that somebody has seen it: its escalation ends',
      body: jsonBody(acknowledgeBody, { required: false }),
      answers: { 200: { description: 'Who acknowledged it first', schema: acknowledgedShape } },
      async handle({ tenant, principal, param, body }) {
        const id = param('id');
        const isNew = await notifications.acknowledge({ tenant, id, by: body.by ?? nameOf(principal) });
        const { notification } = await notifications.get({ tenant, id });
        const { acknowledgedAt, acknowledgedBy, notificationId } = notificationRowView(notification);
        return json({ notificationId, acknowledgedAt, acknowledgedBy, isNew });
      },
    }),
    tenantAction('notification.remove', {
      method: 'DELETE',
      path: `${PATH}/:id`,
      summary: 'Cancel what is open of a notification, or delete one of which nothing is',
      answers: { 200: { description: 'Which of the two', schema: removedShape } },
      async handle({ caller, tenant, param }) {
        return json({ outcome: await notifications.remove(caller, { tenant, id: param('id') }) });
      },
    }),
  ];
}

const acknowledgeBody = z.strictObject({
  by: z
    .string()
    .trim()
    .min(1)
    .max(255)
    .refine((text) => !isUnsafeText(text), 'must be without control characters')
    .optional()
    .describe('Who has seen it; left out, who calls'),
});

const removedShape = z.strictObject({ outcome: z.enum(['cancelled', 'deleted']) });

function nameOf(principal: Principal): string {
  if ('signedIn' in principal) return principal.signedIn.user.email;
  return principal.keyName ?? (principal.kind === 'operator' ? 'the operator' : 'a key of the tenant');
}
