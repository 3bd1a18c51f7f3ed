/** The list of notifications: the newest first, along the index that holds the fewest. */

import { recipientText } from '../../../core/notification-delivery.ts';
import { NOTIFICATIONS, type NotificationColumns } from '../../rows/notification-rows.ts';
import type { ListedNotification, NotificationFilter, NotificationVerbs } from '../../verbs/notifications.ts';
import type { Page } from '../../verbs/page.ts';
import type { Connection } from '../connection.ts';
import { mapInTurn } from '../in-turn.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';
import { walk } from '../walk.ts';
import { prepareListed } from './rows.ts';

type Values = { [name: string]: string | number };

export const list: Verb<'notifications.list'> = {
  kind: 'scan',
  prepare(db) {
    const find = prepareFind<NotificationColumns>(db, NOTIFICATIONS);
    const listed = prepareListed(db);
    return async (asked): Promise<Page<ListedNotification>> => {
      const { rows, cursor } = await find(asked);
      return { items: await mapInTurn(rows, listed), ...(cursor !== undefined && { cursor }) };
    };
  },
};

export const ids: Verb<'notifications.ids'> = {
  kind: 'scan',
  prepare(db) {
    const find = prepareFind<{ seq: number; id: string }>(db, 'SELECT n.seq, n.id FROM notifications n');
    return async (asked): Promise<Page<string>> => {
      const { rows, cursor } = await find(asked);
      return { items: rows.map(({ id }) => id), ...(cursor !== undefined && { cursor }) };
    };
  },
};

/** Rows of one selection, of the notifications that a filter lets through. */
function prepareFind<Row extends { readonly seq: number }>(db: Connection, selection: string) {
  const tenantNo = tenantNumbers(db);
  return async ({
    tenantId,
    filter,
    limit,
    cursor,
  }: Parameters<NotificationVerbs['list']>[0]): Promise<{ rows: readonly Row[]; cursor?: string }> => {
    const { numbers, conditions, values } = tenantId === undefined ? wayOfAll(filter) : wayOf(filter);
    if (tenantId !== undefined) values.tenant = await tenantNo(tenantId);
    const some = db
      .prepare<[Values], number>(`SELECT min(seq) FROM (${numbers} ORDER BY seq DESC LIMIT @count) piece`)
      .pluck();
    const rows = db.prepare<[Values], Row>(
      `${selection} WHERE n.seq IN (SELECT seq FROM (${numbers} ORDER BY seq DESC LIMIT @count) piece)
         ${conditions.map((one) => `AND ${one}`).join(' ')} ORDER BY n.seq DESC LIMIT @limit`,
    );
    const found = await walk<number, Row>({
      after: cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor),
      limit,
      end: async (after, count) => (await some.get({ ...values, after, count })) ?? undefined,
      rows: ({ after, limit: upTo }) => rows.all({ ...values, after, count: PIECE, limit: upTo }),
      keyOf: ({ seq }) => seq,
    });
    return { rows: found.rows, ...(found.next !== undefined && { cursor: String(found.next) }) };
  };
}

/** As many as `walk` asks for. */
const PIECE = 2_000;

/** Numbers of notifications behind `@after` by an index, and what has to hold of them besides. */
interface Way {
  readonly numbers: string;
  readonly conditions: readonly string[];
  readonly values: Values;
}

/** Of all tenants: one after another, but for those of a tenant that is being removed. */
function wayOfAll(filter: NotificationFilter): Way {
  const { conditions, values } = wayOf(filter);
  const isThere = 'n.tenant_no NOT IN (SELECT no FROM tenants WHERE removing_at IS NOT NULL)';
  return { numbers: 'SELECT seq FROM notifications WHERE seq < @after', conditions: [...conditions, isThere], values };
}

function wayOf(filter: NotificationFilter): Way {
  const { type, category, subscriber, channel, status, statuses, address, escalating, from, before, q } = filter;
  const conditions: string[] = [];
  const values: Values = {};
  const given = { type, category, channel, status, from, before };
  for (const [name, value] of Object.entries(given)) if (value !== undefined) values[name] = value;
  if (type !== undefined) conditions.push('n.type = @type');
  if (category !== undefined) conditions.push('n.category = @category');
  if (escalating !== undefined) conditions.push(`n.escalating = ${escalating ? 1 : 0}`);
  if (from !== undefined) conditions.push('n.created_at >= @from');
  if (before !== undefined) conditions.push('n.created_at < @before');
  if (subscriber !== undefined) values.recipient = recipientText({ kind: 'subscriber', name: subscriber });
  const ofDelivery = [
    ...(subscriber === undefined ? [] : ['d.recipient = @recipient']),
    ...(channel === undefined ? [] : ['d.channel = @channel']),
    ...(status === undefined ? [] : ['d.status = @status']),
  ];
  if (ofDelivery.length > 0) {
    conditions.push(
      `EXISTS (SELECT 1 FROM notification_deliveries d WHERE d.notification_seq = n.seq AND ${ofDelivery.join(' AND ')})`,
    );
  }
  if (statuses !== undefined) {
    const has = (all: readonly string[]) => `EXISTS (SELECT 1 FROM notification_deliveries d
      WHERE d.notification_seq = n.seq AND d.status IN (${all.map((one) => `'${one}'`).join(', ') || 'NULL'}))`;
    conditions.push(has(statuses.some), `NOT ${has(statuses.none)}`);
  }
  if (address !== undefined) {
    Object.assign(values, { address, mailed: recipientText({ kind: 'email', name: address }) });
    conditions.push(
      `(n.content::jsonb #>> '{asked,recipientEmail}' = @address
        OR EXISTS (SELECT 1 FROM notification_deliveries d WHERE d.notification_seq = n.seq AND d.recipient = @mailed))`,
    );
  }
  for (const [at, word] of (q?.split(/\s+/) ?? []).entries()) {
    values[`word${at}`] = `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`;
    conditions.push(
      `(n.id ILIKE @word${at} OR n.type ILIKE @word${at} OR n.content ILIKE @word${at}
        OR EXISTS (SELECT 1 FROM notification_deliveries d WHERE d.notification_seq = n.seq AND d.recipient ILIKE @word${at}))`,
    );
  }
  const byDelivery = (column: string) =>
    `SELECT DISTINCT notification_seq AS seq FROM notification_deliveries
     WHERE tenant_no = @tenant AND ${column} AND notification_seq < @after`;
  if (subscriber !== undefined) return { numbers: byDelivery('recipient = @recipient'), conditions, values };
  if (status !== undefined) return { numbers: byDelivery('status = @status'), conditions, values };
  const numbers = 'SELECT seq FROM notifications WHERE tenant_no = @tenant AND seq < @after';
  return { numbers: escalating === true ? `${numbers} AND escalating = 1` : numbers, conditions, values };
}
