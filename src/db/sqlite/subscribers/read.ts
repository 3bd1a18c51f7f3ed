/** Subscribers as they are: by their ids, and in lists, also of a topic. */

import type { Page } from '../../verbs/page.ts';
import type { Subscriber } from '../../verbs/subscribers.ts';
import type { Connection } from '../connection.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';
import { prepareSubscriber, type SubscriberColumns } from './row.ts';

export const of: Verb<'subscribers.of'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const subscriberOf = prepareSubscriber(db);
    const select = db.prepare<[number, string], SubscriberColumns>(
      'SELECT * FROM subscribers WHERE tenant_no = +? AND id = +?',
    );
    return ({ tenantId, ids }) => {
      const tenant = tenantNo(tenantId);
      return ids.flatMap((id) => select.all(tenant, id)).map((row) => subscriberOf(tenantId, row));
    };
  },
};

export const list: Verb<'subscribers.list'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const subscriberOf = prepareSubscriber(db);
    const all = db.prepare<[number, string, number], SubscriberColumns>(
      'SELECT * FROM subscribers WHERE tenant_no = +? AND id > +? ORDER BY id LIMIT +?',
    );
    const byEmail = db.prepare<[number, string, string, number], SubscriberColumns>(
      `SELECT * FROM subscribers WHERE tenant_no = +? AND email = +? AND id > +? ORDER BY id LIMIT +?`,
    );
    const inTopic = prepareInTopic(db);
    return ({ tenantId, limit, cursor = '', topic, email }) => {
      const tenant = tenantNo(tenantId);
      const rows =
        topic !== undefined
          ? inTopic({ tenant, topic, email, cursor, limit })
          : email !== undefined
            ? byEmail.all(tenant, email, cursor, limit)
            : all.all(tenant, cursor, limit);
      const last = rows.length < limit ? undefined : rows.at(-1);
      return pageOf(
        rows.map((row) => subscriberOf(tenantId, row)),
        last && (topic === undefined ? last.id : String(last.no)),
      );
    };
  },
};

function pageOf(items: readonly Subscriber[], cursor: string | undefined): Page<Subscriber> {
  return { items, ...(cursor !== undefined && { cursor }) };
}

/** Along the members of the topic, so that the size of the rest is of no account. */
function prepareInTopic(db: Connection) {
  const select = db.prepare<[object], SubscriberColumns>(
    `SELECT s.* FROM definitions d CROSS JOIN topic_subscribers t ON t.topic_no = d.no CROSS JOIN subscribers s ON s.no = t.subscriber_no
     WHERE d.tenant_no = +@tenant AND d.kind = 'topic' AND d.name = +@topic AND t.subscriber_no > +@after
       AND (@email IS NULL OR s.email = +@email)
     ORDER BY t.subscriber_no LIMIT +@limit`,
  );
  return (ask: { tenant: number; topic: string; email: string | undefined; cursor: string; limit: number }) => {
    const { tenant, topic, email = null, limit } = ask;
    const after = /^\d{1,15}$/.test(ask.cursor) ? Number(ask.cursor) : 0;
    return select.all({ tenant, topic, email, after, limit });
  };
}
