/** A database that two processes make at once. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Connection, connect, openFile } from './connection.ts';

let directory: string;
let file: string;
let other: Connection;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'iep-connection-'));
  file = join(directory, 'iep.db');
  other = openFile(file, {});
  other.exec('CREATE TABLE a (x INTEGER); BEGIN IMMEDIATE;');
});
afterEach(async () => {
  vi.restoreAllMocks();
  other.close();
  await rm(directory, { recursive: true });
});

it('waits for the process that writes to the file, before the file has a log', () => {
  const pause = vi.spyOn(Atomics, 'wait').mockImplementation(() => {
    other.exec('COMMIT');
    return 'timed-out';
  });
  const db = connect({ file, readonly: false, cacheKib: 1000 });
  expect(pause).toHaveBeenCalledTimes(1);
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
  db.close();
});

it('gives up in the end', () => {
  const pause = vi.spyOn(Atomics, 'wait').mockReturnValue('timed-out');
  vi.spyOn(performance, 'now').mockImplementation(() => pause.mock.calls.length * 10);
  expect(() => connect({ file, readonly: false, cacheKib: 1000 })).toThrow('database is locked');
  expect(pause).toHaveBeenCalledTimes(501);
});
