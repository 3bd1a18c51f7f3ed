/** Notifications as calls show them. */

import * as z from 'zod';
import { channelTypes } from '../core/notification.ts';
import {
  type NotificationStatus,
  notificationStatuses,
  type RecipientRef,
  readRecipient,
} from '../core/notification-delivery.ts';
import { rfc3339, rfc3339OrNull } from '../core/rfc3339.ts';
import type { ListedNotification, NotificationDelivery } from '../db/verbs/notifications.ts';
import { notificationTimeline } from '../manage/notification-timeline.ts';
import type { Notified } from '../manage/notifications.ts';
import { slug, time, timeOrNull } from './shapes.ts';

const whom = {
  subscriber: z.string().nullable(),
  email: z.string().nullable().describe('The address, where it was named in place of a subscriber'),
  channelName: z.string().nullable().describe('Of a channel of the tenant'),
};
const standing = {
  channel: z.enum(channelTypes),
  status: z.enum(notificationStatuses),
  reason: z.string().optional().describe('Why it is held or skipped, or what went wrong'),
  until: time.optional().describe('When what is held goes'),
};

export const notifiedShape = z.strictObject({
  notificationId: z.string(),
  deliveries: z
    .array(z.strictObject({ ...whom, ...standing }))
    .describe('Of a topic with many people, those who were decided about at once'),
});

const counts = z.partialRecord(z.enum(notificationStatuses), z.int()).describe('Deliveries by status');

export const notificationRowShape = z.strictObject({
  notificationId: z.string(),
  tenant: slug,
  type: z.string(),
  category: z.string().nullable(),
  data: z.record(z.string(), z.unknown()),
  actor: z.unknown(),
  rule: z.string().nullable().describe('That made it of an event'),
  escalation: z.string().nullable().describe('Its policy'),
  counts,
  acknowledgedAt: timeOrNull,
  acknowledgedBy: z.string().nullable(),
  cancelledAt: timeOrNull,
  createdAt: time,
});

export const notificationsShape = z.strictObject({
  items: z.array(notificationRowShape),
  cursor: z.string().nullable(),
});

export const notificationDeliveryShape = z.strictObject({
  ...{ ...whom, ...standing, step: z.int().describe('Of the escalation; 0 without one') },
  messageId: z.string().nullable(),
  updatedAt: time,
});

export const notificationShape = notificationRowShape.extend({
  deliveries: z.array(notificationDeliveryShape),
  more: z.int().describe('Deliveries that are not shown: the first 1,000 are, and what became of them'),
  timeline: z.array(z.strictObject({ at: time, text: z.string() })),
});

export const acknowledgedShape = z.strictObject({
  notificationId: z.string(),
  acknowledgedAt: timeOrNull,
  acknowledgedBy: z.string().nullable(),
  isNew: z.boolean().describe('False: somebody had acknowledged it before'),
});

function whomView({ kind, name }: RecipientRef) {
  return {
    subscriber: kind === 'subscriber' ? name : null,
    email: kind === 'email' ? name : null,
    channelName: kind === 'channel' ? name : null,
  };
}

interface Standing {
  readonly channel: string;
  readonly status: NotificationStatus;
  readonly reason?: string | undefined;
  readonly until?: number | undefined;
}

function standingView({ channel, status, reason, until }: Standing) {
  return {
    ...{ channel: channel as (typeof channelTypes)[number], status },
    ...(reason !== undefined && { reason }),
    ...(until !== undefined && { until: rfc3339(until) }),
  };
}

export function notifiedView({ notificationId, deliveries }: Notified): z.input<typeof notifiedShape> {
  return {
    notificationId,
    deliveries: deliveries.map((one) => ({ ...whomView(one.recipient), ...standingView(one) })),
  };
}

export function notificationRowView(one: ListedNotification): z.input<typeof notificationRowShape> {
  const { data = {}, actor = null } = one.content as { data?: Record<string, unknown>; actor?: unknown };
  const { policy = null } = (one.escalation ?? {}) as { policy?: string | null };
  return {
    ...{ notificationId: one.id, tenant: one.tenantSlug, type: one.type, category: one.category ?? null, data, actor },
    ...{ rule: one.rule ?? null, escalation: policy, counts: one.counts },
    ...{ acknowledgedAt: rfc3339OrNull(one.acknowledgedAt), acknowledgedBy: one.acknowledgedBy ?? null },
    ...{ cancelledAt: rfc3339OrNull(one.cancelledAt), createdAt: rfc3339(one.createdAt) },
  };
}

export function notificationDeliveryView(one: NotificationDelivery): z.input<typeof notificationDeliveryShape> {
  return {
    ...{ ...whomView(readRecipient(one.recipient)), ...standingView(one), step: one.step },
    ...{ messageId: one.messageId ?? null, updatedAt: rfc3339(one.updatedAt) },
  };
}

export function notificationView(
  one: ListedNotification,
  deliveries: readonly NotificationDelivery[],
): z.input<typeof notificationShape> {
  return {
    ...notificationRowView(one),
    deliveries: deliveries.map(notificationDeliveryView),
    more: Math.max(0, Object.values(one.counts).reduce((sum, count) => sum + count, 0) - deliveries.length),
    timeline: notificationTimeline(one, deliveries).map(({ at, text }) => ({ at: rfc3339(at), text })),
  };
}
