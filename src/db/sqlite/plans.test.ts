/** How SQLite goes about the queues once it knows the sizes of its tables: never through all of a queue, or of the history. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Connection, openFile } from './connection.ts';
import { NEWEST, prepareCandidates } from './messages/candidates.ts';
import { filterConditions } from './messages/filter.ts';
import { search } from './messages/search.ts';
import { migrate } from './migrate.ts';
import { readMigrations } from './open.ts';
import type { VerbInput } from './verb.ts';
import { verbs } from './verbs.ts';

let directory: string;
let db: Connection;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'iep-plans-'));
  db = openFile(join(directory, 'iep.db'), {});
  migrate(db, readMigrations());
  // A history of some length, and queues as short as they are at night.
  db.exec(`
    INSERT INTO tenants (no, id, slug, name, created_at, updated_at) VALUES (1, 't', 't', 't', 1, 1);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
      INSERT INTO messages (seq, id, tenant_no, status, created_at, updated_at, door, from_email, envelope_from, "to", subject,
        message_id_header, priority, max_attempts)
      SELECT i, 'm' || i, 1, 'sent', i, i, 'http', 'a@x', 'a@x', '["b@x"]', 's', '<m@x>', 1, 5 FROM n;
    INSERT INTO recipients (message_seq, position, address, kind, status, updated_at)
      SELECT seq, 0, 'b@x', 'to', status, 1 FROM messages;
    INSERT INTO contents (message_seq, text) SELECT seq, 't' FROM messages;
    INSERT INTO events (message_seq, sequence, type, at) SELECT seq, 1, 'sent', 1 FROM messages;
    INSERT INTO feedback (identity, message_seq, door, kind, at, received_at, data) SELECT id, seq, 'callback', 'opened', 1, 1, '{}' FROM messages;
    INSERT INTO tallies SELECT 1, seq, 'relay', '', '', 1, 1, 0, 0, 0, 0, 0, 0 FROM messages;
    INSERT INTO webhook_endpoints (no, id, tenant_no, url, events, secret, from_position, created_at, updated_at)
      VALUES (1, 'w', 1, 'https://x', '["*"]', 's', 0, 1, 1);
    INSERT INTO webhook_deliveries (id, endpoint_no, message_seq, position, sequence, type, created_at, updated_at)
      SELECT 'd' || position, 1, message_seq, position, sequence, type, at, at FROM events;
    INSERT INTO outbox (message_seq, tenant_no, lane, due_at) VALUES (1, 1, 1, 1);
    INSERT INTO notifications (seq, id, tenant_no, type, content, created_at) SELECT seq, id, 1, 'job', '{}', 1 FROM messages;
    INSERT INTO notification_deliveries (seq, notification_seq, tenant_no, step, recipient, channel, status, history, updated_at)
      SELECT seq, seq, 1, 0, 'subscriber:s', 'email', 'held', '[]', 1 FROM messages;
    INSERT INTO notification_queue (tenant_no, slot, kind, delivery_seq, due_at) SELECT 1, 0, 'deliver', seq, seq FROM messages;
    INSERT INTO notification_windows (tenant_no, kind, key, ends_at) SELECT 1, 'digest', id, 1 FROM messages;
    INSERT INTO webhook_queue (delivery_seq, endpoint_no, message_seq, due_at) VALUES (1, 1, 1, 1);
    INSERT INTO subscribers (no, tenant_no, id, email, created_at, updated_at) SELECT seq, 1, id, id || '@x', 1, 1 FROM messages;
    INSERT INTO definitions (no, id, tenant_no, kind, name, fields, created_at, updated_at)
      SELECT seq, id, 1, 'topic', id, '{}', 1, 1 FROM messages WHERE seq <= 500;
    INSERT INTO topic_subscribers (topic_no, subscriber_no) SELECT 1, no FROM subscribers;
    INSERT INTO subscriber_channels (id, subscriber_no, sealed) SELECT id, no, 's' FROM subscribers;
    ANALYZE;
  `);
});
afterEach(async () => {
  db.close();
  await rm(directory, { recursive: true });
});

it.each([
  ...([
    'outbox.claim',
    'outbox.settle',
    'outbox.settlePart',
    'outbox.release',
    'outbox.queue',
    'content.keepAttachments',
  ] as const),
  ...(['inbox.list', 'inbox.newest'] as const),
  ...(['templates.get', 'templates.resolve', 'templates.remove', 'templates.keep', 'templates.sweep'] as const),
  ...(['templates.madeWith'] as const),
  ...(['resources.list', 'resources.of', 'subscribers.of', 'subscribers.list'] as const),
  ...(['subscribers.put', 'subscribers.leaveTopic', 'preferences.of', 'preferences.set'] as const),
  ...(['unsubscribes.add', 'unsubscribes.of', 'unsubscribes.list', 'unsubscribes.remove'] as const),
  ...(['triggers.event', 'triggers.keepEvent', 'triggers.sweepEvents'] as const),
  ...(['feedback.record', 'feedback.recordOnce', 'feedback.sweep', 'tallies.sweep', 'tallies.list'] as const),
  ...(['publications.lead', 'events.contents'] as const),
  ...(['hits.record', 'groups.counts', 'groups.records'] as const),
  ...(['messages.stats'] as const),
  ...(['tallies.raisedAlerts', 'tallies.rates'] as const),
  ...(['notifications.add', 'notifications.claim', 'notifications.settle', 'notifications.release'] as const),
  ...(['notifications.acknowledge', 'notifications.cancel', 'notifications.ofMessage', 'notifications.sweep'] as const),
  ...(['notifications.sweepWindows'] as const),
  ...(['notifications.escalating', 'notifications.facts', 'notifications.deliveries'] as const),
  ...(['webhooks.claim', 'webhooks.fanOut', 'webhooks.replayDelivery', 'webhooks.settle', 'webhooks.release'] as const),
])('%s finds what it needs by an index', (verb) => {
  reopen();
  const walks: string[] = [];
  const watched = new Proxy(db, {
    get(target, property) {
      if (property !== 'prepare') return Reflect.get(target, property);
      return (sql: string) => {
        if (/^\s*(SELECT|UPDATE|DELETE)/.test(sql)) walks.push(...walksOf(sql));
        return target.prepare(sql);
      };
    },
  });
  verbs[verb].prepare(watched);
  expect(walks).toEqual([]);
});

it('what comes back about one of a thousand recipients reads no more rows than about the only one', () => {
  const ids = ['0193f2f0-0000-7000-8000-000000000001', '0193f2f0-0000-7000-8000-000000000002'];
  for (const [at, id] of ids.entries()) db.prepare('UPDATE messages SET id = ? WHERE seq = ?').run(id, at + 1);
  db.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
    INSERT INTO recipients (message_seq, position, address, kind, status, updated_at)
    SELECT 2, i, 'r' || i || '@x', 'to', 'sent', 1 FROM n`);
  reopen();
  let rows = 0;
  const watched = new Proxy(db, {
    get(target, property) {
      if (property !== 'prepare') return Reflect.get(target, property);
      return (sql: string) =>
        countRows(target.prepare(sql), (count) => {
          rows += count;
        });
    },
  });
  const record = verbs['feedback.record'].prepare(watched) as (
    input: VerbInput<'feedback.record'>,
  ) => readonly object[];
  const counts = (['b@x', 'r700@x'] as const).map((recipient, at) => {
    rows = 0;
    const about = { messageId: ids[at] ?? '' };
    const kinds = ['delivered', 'opened', 'complained'] as const;
    const feedback = kinds.map((kind) => ({ kind, at: 5, recipient, data: {}, about }));
    expect(record({ feedback, door: 'callback', now: 9 })).toMatchObject(kinds.map(() => ({ match: { recipient } })));
    return rows;
  });
  // For each piece of feedback whether there are others; and the statuses of these, each once.
  expect(counts[1]).toBeLessThanOrEqual((counts[0] ?? 0) + 6);
});

/** Calls back with the rows that the statement gave. */
function countRows<S extends object>(statement: S, note: (rows: number) => void): S {
  return new Proxy(statement, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== 'function') return member;
      return (...input: unknown[]) => {
        const result: unknown = Reflect.apply(member, target, input);
        if (result === target) return countRows(target, note);
        if (property === 'all') note((result as unknown[]).length);
        if (property === 'get') note(1);
        return result;
      };
    },
  });
}

/** Going through all of what there may be a million of. */
const LARGE =
  /^SCAN (messages|m|recipients|r|events|e|outbox|o|suppression_list|unsubscribes|u|hard_bounces|webhook_deliveries|d|webhook_queue|subscribers|s|topic_subscribers|subscriber_channels|preferences)\b/;

/** Steps that go through all of a queue (but for the verb that counts it), or all of the history. */
function walksOf(sql: string): readonly string[] {
  const values: unknown[] = (sql.match(/\?/g) ?? []).map(() => 1);
  const named = [...sql.matchAll(/@(\w+)/g)].map(([, name]) => [name, 1]);
  if (named.length > 0) values.push(Object.fromEntries(named));
  const steps = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
  const counts = sql.includes('count(*)');
  return steps
    .map(({ detail }) => detail)
    .filter((detail) =>
      /^SCAN (messages|m|recipients|events|e|inbox|i|webhook_deliveries|d|webhook_queue|q|outbox|o|feedback|used_tokens|attempts|provider_messages|p|notifications|n|notification_deliveries|notification_queue|notification_windows|tallies|status_counts|hits|h|group_counts)\b/.test(
        detail,
      ),
    )
    .filter(
      (detail) =>
        !/(?:webhook|notification)_queue_leased/.test(detail) && !(counts && /^SCAN (o|outbox)\b/.test(detail)),
    );
}

it('a page of a group is found among the messages of that group alone, and in their order', () => {
  // A large one, of which SQLite thinks that its index leaves much.
  db.exec("UPDATE messages SET group_id = 'g' WHERE seq % 2 = 1; ANALYZE;");
  reopen();
  const steps: string[] = [];
  const watched = new Proxy(db, {
    get(target, property) {
      if (property !== 'prepare') return Reflect.get(target, property);
      return (sql: string) => {
        const given = sql.includes('@') ? [{ tenant: 1, groupId: 'g', seq: 0, position: -1, limit: 9 }] : [1, 1];
        const wanted = given.slice(0, sql.includes('@') ? 1 : (sql.match(/\?/g) ?? []).length);
        const plan = target.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...wanted);
        steps.push(...plan.map(({ detail }) => detail));
        return target.prepare(sql);
      };
    },
  });
  verbs['groups.records'].prepare(watched);
  expect(steps).toContain('SEARCH m USING INDEX messages_by_group (tenant_no=? AND group_id=? AND rowid>?)');
  expect(steps.filter((step) => step.includes('TEMP B-TREE'))).toEqual([]);
});

it('searches look through what holds the fewest, each by its own index', () => {
  reopen();
  const walks: string[] = [];
  const watched = new Proxy(db, {
    get(target, property) {
      if (property !== 'prepare') return Reflect.get(target, property);
      return (sql: string) => {
        const values = (sql.match(/\?/g) ?? []).map(() => 1);
        const steps = target.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
        walks.push(...steps.map(({ detail }) => detail).filter((detail) => LARGE.test(detail)));
        return target.prepare(sql);
      };
    },
  });
  for (const tenant of [1, undefined]) prepareCandidates(watched).ended(tenant, ['failed', 'bounced', 'suppressed']);
  const filter = { recipient: 'b@x', sender: '@x', q: 'word wörter', tag: 't', status: ['queued' as const] };
  [
    ...search(watched, 1, {
      source: () => ({ seqs: [1], looked: 1 }),
      conditions: filterConditions(filter),
      after: NEWEST,
      limit: 1,
    }),
  ];
  for (const verb of [
    ...(['suppressions.list', 'webhooks.deliveries', 'webhooks.replayable'] as const),
    ...(['outbox.flush', 'tenants.clear', 'events.positionBefore'] as const),
  ]) {
    verbs[verb].prepare(watched);
  }
  expect(walks).toEqual([]);
});

/** As it is after a night. A connection that was there before keeps its idea of a table whose statistics are gone. */
function reopen(): void {
  (verbs['care.optimize'].prepare(db) as () => void)();
  db.close();
  db = openFile(join(directory, 'iep.db'), {});
}
