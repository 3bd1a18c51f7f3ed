/** Calls that share a transaction, over a real database. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Connection, connect } from './connection.ts';
import { createEngine, type VerbCall } from './engine.ts';
import { migrate } from './migrate.ts';
import { readMigrations } from './open.ts';

let directory: string;
let db: Connection;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'iep-engine-'));
  db = connect({ file: join(directory, 'iep.db'), readonly: false, cacheKib: 1_000 });
  migrate(db, readMigrations());
});
afterEach(async () => {
  db.close();
  await rm(directory, { recursive: true });
});

const add = (slug: string): VerbCall => ({
  verb: 'tenants.add',
  input: { id: slug, slug, name: slug, settings: {}, now: 1 },
});
const slugs = () => db.prepare('SELECT slug FROM tenants ORDER BY slug').pluck().all();

it('leaves the others alone when one call fails', () => {
  const answers = createEngine(db).run([add('a'), add('a'), add('b')]);
  expect(answers.map(({ ok }) => ok)).toEqual([true, false, true]);
  expect(slugs()).toEqual(['a', 'b']);
});

it('says no to all when an error ends their transaction, and keeps nothing of it', () => {
  db.exec(`CREATE TRIGGER the_end BEFORE INSERT ON tenants WHEN NEW.slug = 'bad'
    BEGIN SELECT RAISE(ROLLBACK, 'the end'); END`);
  const engine = createEngine(db);
  const answers = engine.run([add('a'), add('bad'), add('b')]);
  expect(answers).toMatchObject([1, 2, 3].map(() => ({ ok: false, error: { message: 'the end' } })));
  expect(slugs()).toEqual([]);
  expect(db.inTransaction).toBe(false);
  expect(engine.run([add('c'), add('d')]).every(({ ok }) => ok)).toBe(true);
});

it('answers in order what runs in the shared transaction and what SQLite does in none', () => {
  const answers = createEngine(db).run([add('a'), { verb: 'care.checkpoint', input: undefined }, add('b')]);
  expect(answers).toMatchObject([{ value: { slug: 'a' } }, { value: { blocked: false } }, { value: { slug: 'b' } }]);
});
