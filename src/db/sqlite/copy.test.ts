import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Connection, connect, openFile } from './connection.ts';
import { copyDatabase } from './copy.ts';

let directory: string;
let db: Connection;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'iep-copy-'));
  db = connect({ file: join(directory, 'iep.db'), readonly: false, cacheKib: 1_000 });
  db.exec('CREATE TABLE a (x INTEGER PRIMARY KEY, y BLOB)');
  const insert = db.prepare('INSERT INTO a (y) VALUES (randomblob(4000))');
  db.transaction(() => {
    for (let row = 0; row < 2_000; row += 1) insert.run();
  })();
});
afterEach(async () => {
  db.close();
  await rm(directory, { recursive: true });
});

it('is the database of the moment it began at, whatever is committed meanwhile, and begins once', async () => {
  const to = join(directory, 'copy.db');
  const copying = copyDatabase(db.name, to);
  let commits = 0;
  let isDone = false;
  const writing = (async () => {
    const insert = db.prepare('INSERT INTO a (y) VALUES (randomblob(4000))');
    for (; !isDone; commits += 1) {
      insert.run();
      await turn();
    }
  })();
  await copying;
  isDone = true;
  await writing;
  expect(commits).toBeGreaterThan(3);
  const copy = openFile(to, { readonly: true });
  expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(copy.prepare('SELECT count(*) FROM a').pluck().get()).toBe(2_000);
  copy.close();
});

it('is never made over a file', async () => {
  await expect(copyDatabase(db.name, db.name)).rejects.toMatchObject({ code: 'conflict' });
});
