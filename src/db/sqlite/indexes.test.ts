/** The indexes that the specification names (seed 001 §7): each question of its tables is answered by one. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Connection, openFile } from './connection.ts';
import { migrate } from './migrate.ts';
import { readMigrations } from './open.ts';

let directory: string;
let db: Connection;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'iep-indexes-'));
  db = openFile(join(directory, 'iep.db'), {});
  migrate(db, readMigrations());
});
afterEach(async () => {
  db.close();
  await rm(directory, { recursive: true });
});

it.each([
  [
    'the messages of a tenant by time',
    'SELECT seq FROM messages WHERE tenant_no = 1 AND created_at > 5 ORDER BY created_at DESC LIMIT 50',
  ],
  ['the message of an idempotency key', "SELECT seq FROM messages WHERE tenant_no = 1 AND idempotency_key = 'k'"],
  ['a message by its id', "SELECT seq FROM messages WHERE id = 'x'"],
  [
    'the messages of a tenant that failed',
    "SELECT seq FROM messages WHERE tenant_no = 1 AND status = 'failed' ORDER BY created_at DESC LIMIT 50",
  ],
  [
    'the messages of a tenant that wait',
    'SELECT message_seq FROM outbox WHERE lane = 1 AND tenant_no = 1 AND free_at <= 5 ORDER BY free_at',
  ],
  ['the history of a message', 'SELECT * FROM events WHERE message_seq = 1 ORDER BY sequence'],
  ['whether an address is suppressed', "SELECT 1 FROM suppression_list WHERE tenant_no = 1 AND email = 'a@b'"],
  ['a key by its prefix', "SELECT 1 FROM api_keys WHERE key_prefix = 'iep_x'"],
])('%s', (_question, sql) => {
  const plan = (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]).map(({ detail }) => detail);
  expect(plan.filter((step) => step.startsWith('SCAN') || step.includes('TEMP B-TREE'))).toEqual([]);
  expect(plan.join()).toContain('SEARCH');
});

it('holds an idempotency key to one message of a tenant', () => {
  const indexes = db.prepare('SELECT name FROM pragma_index_list(\'messages\') WHERE "unique" = 1').all() as {
    name: string;
  }[];
  const columns = indexes.map(({ name }) =>
    (db.prepare(`SELECT name FROM pragma_index_info('${name}')`).all() as { name: string }[])
      .map((one) => one.name)
      .join(),
  );
  expect(columns).toContain('tenant_no,idempotency_key');
});
