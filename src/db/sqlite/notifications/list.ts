/** The list of notifications: the newest first, along the index that holds the fewest. */

import { recipientText } from '../../../core/notification-delivery.ts';
import type { ListedNotification, NotificationFilter } from '../../verbs/notifications.ts';
import { tenantNumbers } from '../rows.ts';
import type { Pieces, Verb } from '../verb.ts';
import { walk } from '../walk.ts';
import { NOTIFICATIONS, type NotificationColumns, prepareListed } from './rows.ts';

type Values = { [name: string]: string | number };

export const list: Verb<'notifications.list'> = {
  kind: 'scan',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const listed = prepareListed(db);
    return function* ({ tenantId, filter, limit, cursor }): Pieces<{ items: ListedNotification[]; cursor?: string }> {
      const tenant = tenantNo(tenantId);
      const { numbers, conditions, values } = wayOf(filter);
      const some = db
        .prepare<[Values], number>(`SELECT min(seq) FROM (${numbers} ORDER BY seq DESC LIMIT @count)`)
        .pluck();
      const rows = db.prepare<[Values], NotificationColumns>(
        `${NOTIFICATIONS} WHERE n.seq IN (SELECT seq FROM (${numbers} ORDER BY seq DESC LIMIT @count))
           ${conditions.map((one) => `AND ${one}`).join(' ')} ORDER BY n.seq DESC LIMIT @limit`,
      );
      const found = yield* walk<number, NotificationColumns>({
        after: cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor),
        limit,
        end: (after, count) => some.get({ ...values, tenant, after, count }) ?? undefined,
        rows: ({ after, limit: upTo }) => rows.all({ ...values, tenant, after, count: PIECE, limit: upTo }),
        keyOf: ({ seq }) => seq,
      });
      return { items: found.rows.map(listed), ...(found.next !== undefined && { cursor: String(found.next) }) };
    };
  },
};

/** As many as `walk` asks for. */
const PIECE = 2_000;

/** Numbers of notifications behind `@after` by an index, and what has to hold of them besides. */
function wayOf(filter: NotificationFilter): { numbers: string; conditions: readonly string[]; values: Values } {
  const { type, category, subscriber, channel, status, escalating, from, before, q } = filter;
  const conditions: string[] = [];
  const values: Values = {};
  const given = { type, category, channel, status, from, before };
  for (const [name, value] of Object.entries(given)) if (value !== undefined) values[name] = value;
  if (type !== undefined) conditions.push('n.type = +@type');
  if (category !== undefined) conditions.push('n.category = +@category');
  if (escalating !== undefined) conditions.push(`n.escalating = ${escalating ? 1 : 0}`);
  if (from !== undefined) conditions.push('n.created_at >= +@from');
  if (before !== undefined) conditions.push('n.created_at < +@before');
  if (subscriber !== undefined) values.recipient = recipientText({ kind: 'subscriber', name: subscriber });
  const ofDelivery = [
    ...(subscriber === undefined ? [] : ['d.recipient = +@recipient']),
    ...(channel === undefined ? [] : ['d.channel = +@channel']),
    ...(status === undefined ? [] : ['d.status = +@status']),
  ];
  if (ofDelivery.length > 0) {
    conditions.push(
      `EXISTS (SELECT 1 FROM notification_deliveries d WHERE d.notification_seq = n.seq AND ${ofDelivery.join(' AND ')})`,
    );
  }
  for (const [at, word] of (q?.split(/\s+/) ?? []).entries()) {
    values[`word${at}`] = `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`;
    conditions.push(
      `(n.id LIKE @word${at} ESCAPE '\\' OR n.type LIKE @word${at} ESCAPE '\\' OR n.content LIKE @word${at} ESCAPE '\\'
        OR EXISTS (SELECT 1 FROM notification_deliveries d WHERE d.notification_seq = n.seq AND d.recipient LIKE @word${at} ESCAPE '\\'))`,
    );
  }
  const byDelivery = (column: string) =>
    `SELECT DISTINCT notification_seq AS seq FROM notification_deliveries
     WHERE tenant_no = +@tenant AND ${column} AND notification_seq < +@after`;
  if (subscriber !== undefined) return { numbers: byDelivery('recipient = +@recipient'), conditions, values };
  if (status !== undefined) return { numbers: byDelivery('status = +@status'), conditions, values };
  const numbers = 'SELECT seq FROM notifications WHERE tenant_no = +@tenant AND seq < +@after';
  return { numbers: escalating === true ? `${numbers} AND escalating = 1` : numbers, conditions, values };
}
