/** Upgrades: each migration once, a backup first, and no touching of what a newer version wrote. */

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { IepError } from '../../core/errors.ts';
import { type Connection, connect } from './connection.ts';
import { migrate, schemaVersion } from './migrate.ts';

const first = { number: 1, name: '0001-a.sql', sql: 'CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (7);' };
const second = { number: 2, name: '0002-b.sql', sql: 'ALTER TABLE a ADD COLUMN y TEXT;' };
const broken = { number: 3, name: '0003-c.sql', sql: 'CREATE TABLE b (z INTEGER); SELECT * FROM nowhere;' };

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

it('makes a new database without a backup, and does nothing the second time', () => {
  expect(migrate(db, [first])).toEqual({ from: 0, to: 1 });
  expect(migrate(db, [first])).toEqual({ from: 1, to: 1 });
});

it('takes a backup before it changes what is there', () => {
  migrate(db, [first]);
  const { backup = '' } = migrate(db, [first, second]);
  const copy = connect({ file: backup, readonly: true, cacheKib: 1000 });
  expect(schemaVersion(copy)).toBe(1);
  expect(copy.prepare('SELECT * FROM a').all()).toEqual([{ x: 7 }]);
  copy.close();
  expect(db.prepare('SELECT * FROM a').all()).toEqual([{ x: 7, y: null }]);
});

it('leaves the schema as it was when a migration fails', () => {
  migrate(db, [first]);
  expect(() => migrate(db, [first, second, broken])).toThrow('nowhere');
  expect(schemaVersion(db)).toBe(1);
  expect(db.prepare('SELECT * FROM a').all()).toEqual([{ x: 7 }]);
  expect(existsSync(join(directory, 'backups', 'before-upgrade-from-1.db'))).toBe(true);
});

it('refuses a schema that a newer version wrote', () => {
  migrate(db, [first, second]);
  const error = catchError(() => migrate(db, [first]));
  expect(error).toBeInstanceOf(IepError);
  expect((error as IepError).code).toBe('schema_too_new');
});

function catchError(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error');
}
