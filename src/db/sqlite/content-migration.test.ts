/** A database of the first schema, with mail in it, keeps its mail. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readTextAsset } from '../../base/embedded/assets.ts';
import { openFile } from './connection.ts';
import { openSqliteStore } from './open.ts';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'iep-content-'));
  file = join(directory, 'iep.db');
  const db = openFile(file, {});
  db.pragma('journal_mode = WAL');
  db.exec(readTextAsset('src/db/migrations/0001-first.sql'));
  db.pragma('user_version = 1');
  db.exec(`
    INSERT INTO tenants (no, id, slug, name, created_at, updated_at) VALUES (1, 't', 't', 't', 1, 1);
    INSERT INTO messages (seq, id, tenant_no, status, created_at, updated_at, door, from_email, envelope_from, "to", subject,
        message_id_header, priority, max_attempts)
      VALUES (1, 'm', 1, 'queued', 1, 1, 'http', 'a@x', 'a@x', '["b@x"]', 's', '<m@x>', 1, 5);
    INSERT INTO recipients VALUES (1, 0, 'b@x', 'to', 'queued', NULL, 1);
    INSERT INTO contents (message_seq, text) VALUES (1, 't');
    INSERT INTO attachments VALUES (1, 0, 'a.pdf', 'application/pdf', NULL, 2, x'0102', NULL);
    INSERT INTO outbox (message_seq, tenant_no, lane, due_at) VALUES (1, 1, 1, 1);
  `);
  db.close();
});
afterEach(() => rm(directory, { recursive: true }));

it('comes to the present schema with its mail', async () => {
  const store = await openSqliteStore({ file, threads: false, migrates: true });
  const { jobs } = await store.claim({ owner: 'o', now: 2, leaseMs: 1, limit: 9, skipTenants: [] });
  expect(jobs[0]?.message.attachments.map(({ filename }) => filename)).toEqual(['a.pdf']);
  expect(jobs[0]?.message).not.toHaveProperty('attachmentUrls');
  expect(await store.integrity()).toEqual([]);
  await store.close();
});
