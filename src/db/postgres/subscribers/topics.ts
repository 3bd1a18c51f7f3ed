/** Who is in which topic. */

import { IepError } from '../../../core/errors.ts';
import type { Connection } from '../connection.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

interface Joining {
  readonly tenant: number;
  readonly subscriber: number;
  readonly topics: readonly string[];
  readonly max: number;
  readonly now: number;
}

/** Puts a subscriber into these topics and no other. */
export function prepareTopics(db: Connection): (joining: Joining) => Promise<void> {
  const current = db.prepare<[number], { no: number; name: string }>(
    `SELECT d.no, d.name FROM topic_subscribers t JOIN definitions d ON d.no = t.topic_no WHERE t.subscriber_no = ?`,
  );
  const leave = db.prepare('DELETE FROM topic_subscribers WHERE topic_no = ? AND subscriber_no = ?');
  const join = db.prepare('INSERT INTO topic_subscribers (topic_no, subscriber_no) VALUES (?, ?)');
  const topicNo = prepareTopicNo(db);
  return async ({ tenant, subscriber, topics, max, now }) => {
    const wanted = new Set(topics);
    const there = await current.all(subscriber);
    for (const { no, name } of there) if (!wanted.has(name)) await leave.run(no, subscriber);
    for (const { name } of there) wanted.delete(name);
    for (const name of wanted) await join.run(await topicNo({ tenant, name, max, now }), subscriber);
  };
}

/** The number of a topic, which is made where it is not there. */
function prepareTopicNo(db: Connection) {
  const find = db
    .prepare<[number, string], number>("SELECT no FROM definitions WHERE tenant_no = ? AND kind = 'topic' AND name = ?")
    .pluck();
  const count = db
    .prepare<[number], number>("SELECT count(*) FROM definitions WHERE tenant_no = ? AND kind = 'topic'")
    .pluck();
  const insert = db
    .prepare<[number, string, number, number], number>(
      `INSERT INTO definitions (id, tenant_no, kind, name, fields, created_at, updated_at)
       VALUES (replace(gen_random_uuid()::text, '-', ''), ?, 'topic', ?, '{}', ?, ?) RETURNING no`,
    )
    .pluck();
  return async ({ tenant, name, max, now }: { tenant: number; name: string; max: number; now: number }) => {
    const found = await find.get(tenant, name);
    if (found !== undefined) return found;
    if (((await count.get(tenant)) ?? 0) >= max) {
      throw new IepError('conflict', `A tenant has at most ${max} topics.`);
    }
    return (await insert.get(tenant, name, now, now)) ?? 0;
  };
}

export const leaveTopic: Verb<'subscribers.leaveTopic'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const topicNo = db
      .prepare<[number, string], number>(
        "SELECT no FROM definitions WHERE tenant_no = ? AND kind = 'topic' AND name = ?",
      )
      .pluck();
    const leave = db.prepare(
      `DELETE FROM topic_subscribers WHERE topic_no = ? AND subscriber_no IN
         (SELECT subscriber_no FROM topic_subscribers WHERE topic_no = ? LIMIT ?)`,
    );
    return async ({ tenantId, topic, limit }) => {
      const no = await topicNo.get(await tenantNo(tenantId), topic);
      return no !== undefined && (await leave.run(no, no, limit)).changes === limit;
    };
  },
};
