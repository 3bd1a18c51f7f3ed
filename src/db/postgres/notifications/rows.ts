/** Notifications as lists show them. */

import type { NotificationStatus } from '../../../core/notification-delivery.ts';
import { type NotificationColumns, notificationOf } from '../../rows/notification-rows.ts';
import type { DeliveryCounts, ListedNotification } from '../../verbs/notifications.ts';
import type { Connection } from '../connection.ts';

export function prepareListed(db: Connection): (row: NotificationColumns) => Promise<ListedNotification> {
  const count = db.prepare<[number], { status: NotificationStatus; count: number }>(
    'SELECT status, count(*) AS count FROM notification_deliveries WHERE notification_seq = ? GROUP BY status',
  );
  return async (row) => {
    const counts: DeliveryCounts = Object.fromEntries(
      (await count.all(row.seq)).map(({ status, count }) => [status, count]),
    );
    return { ...notificationOf(row), tenantSlug: row.tenant_slug, counts };
  };
}
