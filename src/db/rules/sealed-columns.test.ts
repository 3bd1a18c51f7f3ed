/** A column for secrets that is not in the list would be lost by a rotation of the master key. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore } from '../open.ts';
import { connect } from '../sqlite/connection.ts';
import { sealedColumns } from './sealed-columns.ts';

let directory: string;
let columns: { table: string; column: string }[];
let triggers: { table: string; sql: string }[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'iep-columns-'));
  const file = join(directory, 'iep.db');
  await (await openStore({ file, threads: false })).store.close();
  const db = connect({ file, readonly: true, cacheKib: 1_000 });
  columns = db
    .prepare<[], { table: string; column: string }>(
      `SELECT m.name AS "table", c.name AS "column" FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'`,
    )
    .all();
  triggers = db
    .prepare<[], { table: string; sql: string }>(
      `SELECT tbl_name AS "table", sql FROM sqlite_schema WHERE type = 'trigger' AND sql LIKE '%retired_master_keys%'`,
    )
    .all();
  db.close();
});
afterAll(() => rmSync(directory, { recursive: true }));

const looksSealed = (column: string) => /sealed|secret|private|password|credential/.test(column);
/** Named like one, and not sealed. */
const others: ReadonlySet<string> = new Set(['users.password_hash']);

it('lists every column whose name says that it holds a secret', () => {
  const listed = new Set(sealedColumns.map(({ table, column }) => `${table}.${column}`));
  const missing = columns
    .filter(({ column }) => looksSealed(column))
    .map(({ table, column }) => `${table}.${column}`)
    .filter((name) => !listed.has(name) && !others.has(name) && !/_(at|id|prefix)$/.test(name));
  expect(missing).toEqual([]);
  expect(columns.some(({ column }) => looksSealed(column))).toBe(true);
});

it('names a row of each table by a column that is there', () => {
  const known = new Set(columns.map(({ table, column }) => `${table}.${column}`));
  const tables = new Set(columns.map(({ table }) => table));
  const nameless = sealedColumns.filter(({ table, id }) => tables.has(table) && !known.has(`${table}.${id}`));
  expect(nameless).toEqual([]);
  expect(sealedColumns.filter(({ table }) => tables.has(table)).length).toBeGreaterThan(0);
});

it.each(sealedColumns)('$table.$column takes no text of a retired key, put in or set', ({ table, column }) => {
  const looks = triggers.filter((one) => one.table === table && one.sql.includes(`instr(NEW.${column}, `));
  expect(looks.some(({ sql }) => sql.includes(' BEFORE INSERT '))).toBe(true);
  expect(looks.some(({ sql }) => new RegExp(` BEFORE UPDATE OF [a-z_, ]*\\b${column}\\b`).test(sql))).toBe(true);
});
