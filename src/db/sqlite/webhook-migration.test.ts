/** From schema 1 with an endpoint in it: it is kept, off, because its secret was sealed by nobody. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Connection, connect } from './connection.ts';
import { migrate } from './migrate.ts';

let directory: string;
let db: Connection;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'iep-migrate-'));
  db = connect({ file: join(directory, 'iep.db'), readonly: false, cacheKib: 1000 });
});
afterEach(async () => {
  db.close();
  await rm(directory, { recursive: true });
});

const migration = async (number: number, name: string) => ({
  number,
  name,
  sql: await readFile(join(import.meta.dirname, '../migrations', name), 'utf8'),
});

it('keeps the endpoints there were', async () => {
  const first = await migration(1, '0001-first.sql');
  migrate(db, [first]);
  db.exec(`INSERT INTO tenants (no, id, slug, name, created_at, updated_at) VALUES (1, 't', 'acme', 'Acme', 7, 7);
    INSERT INTO webhook_endpoints (id, tenant_no, url, events, secret, created_at)
    VALUES ('w', 1, 'https://x.example/', '{sent}', 'plain', 7);`);
  migrate(db, [first, await migration(5, '0005-webhooks.sql')]);
  expect(db.prepare('SELECT id, tenant_no, url, events, active, off_reason FROM webhook_endpoints').all()).toEqual([
    { id: 'w', tenant_no: 1, url: 'https://x.example/', events: '["*"]', active: 0, off_reason: expect.any(String) },
  ]);
  expect(db.pragma('foreign_key_check')).toEqual([]);
  db.exec('DELETE FROM tenants');
  expect(db.prepare('SELECT count(*) AS left FROM webhook_endpoints').get()).toEqual({ left: 0 });
});
