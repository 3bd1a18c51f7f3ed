/** Webhook endpoints: made, read, changed, removed. */

import { IepError } from '../../../core/errors.ts';
import { ENDPOINTS, type EndpointColumns, webhookEndpointOf } from '../../rows/webhook-rows.ts';
import type { Connection } from '../connection.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

const LAST_POSITION = '(SELECT coalesce(max(position), 0) FROM events)';

export const add: Verb<'webhooks.add'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const count = db
      .prepare<[number], number>('SELECT count(*) FROM webhook_endpoints WHERE tenant_no = +? AND removed = 0')
      .pluck();
    const insert = db.prepare(
      `INSERT INTO webhook_endpoints (id, tenant_no, url, events, description, secret, from_position, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ${LAST_POSITION}, ?, ?)`,
    );
    const find = prepareFind(db);
    return ({ id, tenantId, url, events, description, secret, max, now }) => {
      const tenant = tenantNo(tenantId);
      if ((count.get(tenant) ?? 0) >= max) {
        throw new IepError('conflict', `A tenant has at most ${max} webhook endpoints.`);
      }
      insert.run(id, tenant, url, JSON.stringify(events), description || null, secret, now, now);
      return webhookEndpointOf(find(tenantId, id));
    };
  },
};

export const list: Verb<'webhooks.list'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[string], EndpointColumns>(`${ENDPOINTS} AND t.id = +? ORDER BY w.no`);
    return ({ tenantId }) => select.all(tenantId).map(webhookEndpointOf);
  },
};

export const get: Verb<'webhooks.get'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[string, string], EndpointColumns>(`${ENDPOINTS} AND w.id = +? AND t.id = +?`);
    return ({ tenantId, webhookId }) => {
      const row = select.get(webhookId, tenantId);
      return row === undefined ? undefined : webhookEndpointOf(row);
    };
  },
};

export const set: Verb<'webhooks.set'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const update = db.prepare(
      `UPDATE webhook_endpoints SET url = ?, events = ?, description = ?, secret = ?, previous_secret = ?,
         previous_until = ?, wait_until = CASE WHEN url = ? THEN wait_until END, updated_at = ? WHERE no = +?`,
    );
    const turnOn = db.prepare(
      `UPDATE webhook_endpoints SET active = 1, off_at = NULL, off_reason = NULL, failing_since = NULL, quick = 0,
         wait_until = NULL, from_position = ${LAST_POSITION} WHERE no = +?`,
    );
    const turnOff = prepareTurnOff(db);
    return ({ tenantId, webhookId, url, events, description, active, secret, previous, now }) => {
      const row = find(tenantId, webhookId);
      update.run(
        url ?? row.url,
        events === undefined ? row.events : JSON.stringify(events),
        description === undefined ? row.description : description || null,
        secret ?? row.secret,
        secret === undefined ? row.previous_secret : (previous?.secret ?? null),
        secret === undefined ? row.previous_until : (previous?.until ?? null),
        url ?? row.url,
        now,
        row.no,
      );
      if (active === true && row.active === 0) turnOn.run(row.no);
      if (active === false && row.active === 1) turnOff(row.no, { reason: 'it was turned off by hand', at: now });
      return webhookEndpointOf(find(tenantId, webhookId));
    };
  },
};

/** What it had is taken away by the fan-out, bit by bit: it may be more than one commit should hold up. */
export const remove: Verb<'webhooks.remove'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const remove = db.prepare(
      `UPDATE webhook_endpoints SET removed = 1, active = 0, secret = '', previous_secret = NULL
       WHERE id = +? AND tenant_no = +? AND removed = 0`,
    );
    return ({ tenantId, webhookId }) => remove.run(webhookId, tenantNo(tenantId)).changes > 0;
  },
};

/** Refuses with `not_found`. */
export function prepareFind(db: Connection): (tenantId: string, webhookId: string) => EndpointColumns {
  const select = db.prepare<[string, string], EndpointColumns>(`${ENDPOINTS} AND w.id = +? AND t.id = +?`);
  return (tenantId, webhookId) => {
    const row = select.get(webhookId, tenantId);
    if (row === undefined) throw new IepError('not_found', 'No webhook has this id.');
    return row;
  };
}

/** What waits is cancelled by the fan-out; here only where it begins is remembered, for a replay of what was missed. */
export function prepareTurnOff(db: Connection): (endpointNo: number, off: { reason: string; at: number }) => void {
  const oldest = db
    .prepare<[number], number | null>(
      `SELECT position FROM webhook_deliveries
       WHERE seq = (SELECT min(delivery_seq) FROM webhook_queue WHERE endpoint_no = +?)`,
    )
    .pluck();
  const update = db.prepare(
    `UPDATE webhook_endpoints SET active = 0, off_at = ?, off_reason = ?, updated_at = ?,
       missed_from = min(coalesce(missed_from, ${LAST_POSITION}), coalesce(? - 1, ${LAST_POSITION})) WHERE no = +?`,
  );
  return (endpointNo, { reason, at }) => {
    update.run(at, reason, at, oldest.get(endpointNo) ?? null, endpointNo);
  };
}
