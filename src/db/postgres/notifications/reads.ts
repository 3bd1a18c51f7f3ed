/** What is read of notifications. */

import { IepError } from '../../../core/errors.ts';
import { optional } from '../../rows/message-rows.ts';
import {
  NOTIFICATIONS,
  NOTIFIED,
  type NotificationColumns,
  type NotifiedColumns,
  notificationOf,
  notifiedOf,
} from '../../rows/notification-rows.ts';
import type { Notification, NotificationFile, OpenWindow } from '../../verbs/notifications.ts';
import type { Connection } from '../connection.ts';
import { filterInTurn, flatMapInTurn } from '../in-turn.ts';
import { suppressedIn } from '../suppressions/suppressions.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';
import { prepareListed } from './rows.ts';
import { OPEN } from './windows.ts';

/** Refuses with `not_found`. */
export function prepareNotification(db: Connection): (tenantId: string, id: string) => Promise<NotificationColumns> {
  const find = prepareFound(db);
  return async (tenantId, id) => {
    const row = await find(tenantId, id);
    if (row === undefined) throw new IepError('not_found', 'No notification has this id.');
    return row;
  };
}

function prepareFound(db: Connection): (tenantId: string, id: string) => Promise<NotificationColumns | undefined> {
  const select = db.prepare<[string, string], NotificationColumns>(`${NOTIFICATIONS} WHERE n.id = ? AND t.id = ?`);
  return (tenantId, id) => select.get(id, tenantId);
}

export const facts: Verb<'notifications.facts'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const open = db.prepare<[number, string, string], { no: number; ends_at: number; count: number }>(OPEN);
    const isSuppressed = suppressedIn(db);
    return async ({ tenantId, now, windows, addresses }) => {
      const tenant = await tenantNo(tenantId);
      const found = await flatMapInTurn(windows, async ({ kind, key }): Promise<OpenWindow[]> => {
        const row = await open.get(tenant, kind, key);
        if (row === undefined || row.ends_at <= now) return [];
        return [{ kind, key, no: row.no, endsAt: row.ends_at, count: row.count }];
      });
      return {
        windows: found,
        suppressed: await filterInTurn(addresses, (address) => isSuppressed(tenant, address, now)),
      };
    };
  },
};

export const byKey: Verb<'notifications.byKey'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const select = db.prepare<[number, string], NotificationColumns>(
      `${NOTIFICATIONS} WHERE n.tenant_no = ? AND n.idempotency_key = ?`,
    );
    return async ({ tenantId, idempotencyKey }) => foundOf(await select.get(await tenantNo(tenantId), idempotencyKey));
  },
};

function foundOf(row: NotificationColumns | undefined): Notification | undefined {
  return row && notificationOf(row);
}

export const get: Verb<'notifications.get'> = {
  kind: 'read',
  prepare(db) {
    const find = prepareFound(db);
    const listed = prepareListed(db);
    return async ({ tenantId, id }) => {
      const row = await find(tenantId, id);
      return row && (await listed(row));
    };
  },
};

export const deliveries: Verb<'notifications.deliveries'> = {
  kind: 'read',
  prepare(db) {
    const find = prepareNotification(db);
    const select = db.prepare<[number, number, number], NotifiedColumns>(
      `${NOTIFIED} WHERE d.notification_seq = ? AND d.seq > ? ORDER BY d.seq LIMIT ?`,
    );
    return async ({ tenantId, id, limit, cursor }) => {
      const rows = await select.all((await find(tenantId, id)).seq, Number(cursor ?? 0), limit);
      const last = rows.length < limit ? undefined : rows.at(-1);
      return { items: rows.map(notifiedOf), ...(last !== undefined && { cursor: String(last.seq) }) };
    };
  },
};

export const told: Verb<'notifications.told'> = {
  kind: 'read',
  prepare(db) {
    const find = prepareNotification(db);
    const select = db.prepare(
      'SELECT 1 FROM notification_deliveries WHERE notification_seq = ? AND step = ? AND recipient = ? LIMIT 1',
    );
    return async ({ tenantId, id, step, recipients }) => {
      const { seq } = await find(tenantId, id);
      return await filterInTurn(
        recipients,
        async (recipient) => (await select.get(seq, step, recipient)) !== undefined,
      );
    };
  },
};

export const files: Verb<'notifications.files'> = {
  kind: 'read',
  prepare(db) {
    const find = prepareNotification(db);
    const select = db.prepare<
      [number],
      { filename: string; content_type: string; content_id: string | null; content: Uint8Array }
    >(
      `SELECT filename, content_type, content_id, content FROM notification_files WHERE notification_seq = ?
       ORDER BY position`,
    );
    return async ({ tenantId, id }) =>
      (await select.all((await find(tenantId, id)).seq)).map((row): NotificationFile => {
        return {
          ...{ filename: row.filename, contentType: row.content_type, content: row.content },
          ...optional('contentId', row.content_id),
        };
      });
  },
};

export const ofMessage: Verb<'notifications.ofMessage'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[string, string, number], NotificationColumns>(
      `${NOTIFICATIONS} WHERE t.id = ? AND n.seq IN (SELECT d.notification_seq FROM notification_deliveries d
         WHERE d.message_seq = (SELECT seq FROM messages WHERE id = ?)) ORDER BY n.seq DESC LIMIT ?`,
    );
    return async ({ tenantId, messageId, limit }) => (await select.all(tenantId, messageId, limit)).map(notificationOf);
  },
};

export const escalating: Verb<'notifications.escalating'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const select = db.prepare<[number, number], NotificationColumns>(
      `${NOTIFICATIONS} WHERE n.tenant_no = ? AND n.escalating = 1 ORDER BY n.seq DESC LIMIT ?`,
    );
    return async ({ tenantId, limit }) => (await select.all(await tenantNo(tenantId), limit)).map(notificationOf);
  },
};
