/** Subscribers come and go. */

import { IepError } from '../../../core/errors.ts';
import type { NewSubscriber } from '../../verbs/subscribers.ts';
import type { Connection } from '../connection.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';
import { prepareSubscriber, type SubscriberColumns } from './row.ts';
import { prepareTopics } from './topics.ts';

export const add: Verb<'subscribers.add'> = { kind: 'write', prepare: (db) => prepareWrite(db, { replaces: false }) };
export const put: Verb<'subscribers.put'> = { kind: 'write', prepare: (db) => prepareWrite(db, { replaces: true }) };

function prepareWrite(db: Connection, { replaces }: { replaces: boolean }) {
  const tenantNo = tenantNumbers(db);
  const subscriberOf = prepareSubscriber(db);
  const count = db
    .prepare<[number, number], number>(
      'SELECT count(*) FROM (SELECT 1 FROM subscribers WHERE tenant_no = ? LIMIT ?) few',
    )
    .pluck();
  const isThere = db.prepare('SELECT 1 FROM subscribers WHERE tenant_no = ? AND id = ?');
  const upsert = db.prepare<(string | number | null)[], SubscriberColumns>(
    `INSERT INTO subscribers (tenant_no, id, email, name, locale, timezone, data, channels, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant_no, id) DO UPDATE SET email = excluded.email, name = excluded.name, locale = excluded.locale,
       timezone = excluded.timezone, data = excluded.data, channels = excluded.channels, updated_at = excluded.updated_at
     RETURNING *`,
  );
  const unseal = db.prepare('DELETE FROM subscriber_channels WHERE subscriber_no = ?');
  const seal = db.prepare('INSERT INTO subscriber_channels (id, subscriber_no, sealed) VALUES (?, ?, ?)');
  const join = prepareTopics(db);

  return async (said: NewSubscriber) => {
    const { tenantId, id, max, inTopics = { names: [], max: 0 }, sealed, now } = said;
    const tenant = await tenantNo(tenantId);
    const isKnown = (await isThere.get(tenant, id)) !== undefined;
    if (isKnown && !replaces) throw new IepError('conflict', `There is a subscriber ${id} already.`);
    if (!isKnown && ((await count.get(tenant, max)) ?? 0) >= max) {
      throw new IepError('conflict', `A tenant has at most ${max} subscribers.`);
    }
    const row = await upsert.get(tenant, ...valuesOf(said), now, now);
    if (row === undefined) throw new Error('a subscriber was not written');
    if (isKnown) await unseal.run(row.no);
    if (sealed !== undefined) await seal.run(sealed.id, row.no, sealed.text);
    await join({ tenant, subscriber: row.no, topics: inTopics.names, max: inTopics.max, now });
    return subscriberOf(tenantId, row);
  };
}

function valuesOf({ id, email, name, locale, timezone, data, channels }: NewSubscriber): readonly (string | null)[] {
  const json = (value: object | undefined) => (value === undefined ? null : JSON.stringify(value));
  return [id, email ?? null, name ?? null, locale ?? null, timezone ?? null, json(data), json(channels)];
}

export const remove: Verb<'subscribers.remove'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const remove = db.prepare('DELETE FROM subscribers WHERE tenant_no = ? AND id = ?');
    return async ({ tenantId, id }) => (await remove.run(await tenantNo(tenantId), id)).changes > 0;
  },
};
