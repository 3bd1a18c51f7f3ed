/**
 * What can still be read of a damaged database, in a new one: table by table, past the rows on pages that are damaged. What
 * then refers to nothing is left out, and mail that is whole owes its outcome again.
 */

import { IepError } from '../../core/errors.ts';
import { asStoreRefusal } from '../datadir/store-refusal.ts';
import type { Salvaged } from '../verbs/file-care.ts';
import { problemsOf } from './care/upkeep.ts';
import { type Connection, connect, openFile } from './connection.ts';
import { markWholeLog } from './event-marks.ts';
import { type Migration, migrate, schemaVersion } from './migrate.ts';
import { finish } from './verb.ts';

/** Rows read at once; where that fails, halves of them. */
const WINDOW = 256n;
const LAST_KEY = 2n ** 62n;

/** Whether it holds a store, and nothing in it contradicts itself. */
export function isSound(file: string): boolean {
  const db = openFile(file, { readonly: true });
  try {
    return schemaVersion(db) > 0 && finish(problemsOf(db)).length === 0;
  } catch (error) {
    if (isUnreadable(error)) return false;
    throw asStoreRefusal(error);
  } finally {
    db.close();
  }
}

/** `to` must not exist. Refuses with `store_damaged` where not even the list of tables can be read. */
export function salvageDatabase(from: string, to: string, migrations: readonly Migration[]): Salvaged {
  const source = openFile(from, { readonly: true });
  try {
    const version = schemaVersion(source);
    if (version === 0) throw new IepError('store_damaged', 'The file holds nothing of a store.');
    const known = migrations.at(-1)?.number ?? 0;
    if (version > known) {
      throw new IepError('schema_too_new', `The database has schema ${version}; this version of IEP knows ${known}.`);
    }
    source.defaultSafeIntegers(true);
    const target = connect({ file: to, readonly: false, cacheKib: 16_384 });
    try {
      migrate(
        target,
        migrations.filter(({ number }) => number <= version),
      );
      return copyAll(source, target);
    } finally {
      target.close();
    }
  } catch (error) {
    throw asStoreRefusal(error);
  } finally {
    source.close();
  }
}

function copyAll(source: Connection, target: Connection): Salvaged {
  const tables = tablesOf(target).filter((name) => name !== 'event_marks');
  const triggers = target
    .prepare<[], { name: string; sql: string }>("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    .all();
  let rows = 0;
  const incomplete: string[] = [];
  target.pragma('foreign_keys = OFF');
  // They guard what commands may change; here all is as it was.
  for (const { name } of triggers) target.exec(`DROP TRIGGER "${name}"`);
  for (const table of tables) {
    const copied = target.transaction(() => copyTable(source, target, table))();
    rows += copied.rows;
    if (!copied.isWhole) incomplete.push(table);
  }
  if (incomplete.length > 0) target.transaction(() => removeOrphans(target, tables))();
  for (const { sql } of triggers) target.exec(sql);
  if (incomplete.includes('status_counts')) countStatuses(target);
  const unsendable = incomplete.length > 0 ? target.transaction(() => mendMessages(target))() : 0;
  // The index of texts is made anew.
  target.exec("DELETE FROM meta WHERE key = 'search.upTo'");
  markWholeLog(target);
  if (incomplete.includes('suppression_list')) countLists(target);
  return { rows, incomplete, unsendable };
}

/** A counter that is left may count messages that are not kept any more; one that is lost counts those that are. */
function countStatuses(db: Connection): void {
  db.exec(
    `INSERT INTO status_counts (tenant_no, hour, status, count)
       SELECT tenant_no, created_at / 3600000, status, count(*) FROM messages WHERE true GROUP BY 1, 2, 3
     ON CONFLICT (tenant_no, hour, status) DO UPDATE SET count = max(count, excluded.count)`,
  );
}

function countLists(db: Connection): void {
  db.exec(
    `UPDATE tenants SET suppressions = (SELECT count(*) FROM suppression_list WHERE tenant_no = tenants.no),
       unsubscribes = (SELECT count(*) FROM unsubscribes WHERE tenant_no = tenants.no)`,
  );
}

/** What numbers were given out. First: it has no key, and who adds rows to a table that it names adds one to it too. */
const SEQUENCE = 'sqlite_sequence';

function tablesOf(db: Connection): readonly string[] {
  const list = db.pragma('table_list') as { schema: string; name: string; type: string }[];
  return list
    .filter(
      ({ schema, name, type }) =>
        schema === 'main' && type === 'table' && (name === SEQUENCE || !name.startsWith('sqlite_')),
    )
    .map(({ name }) => name)
    .sort((one, other) => Number(other === SEQUENCE) - Number(one === SEQUENCE));
}

interface Copied {
  readonly rows: number;
  readonly isWhole: boolean;
}

function copyTable(source: Connection, target: Connection, table: string): Copied {
  const columns = target.pragma(`table_info("${table}")`) as ColumnInfo[];
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  // What a table was made with gives way; so does what is read twice.
  const insert = target.prepare(
    `INSERT OR REPLACE INTO "${table}" (${names}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  let rows = 0;
  const put = (row: unknown[]) => {
    insert.run(...row);
    rows += 1;
  };
  const key = keyOf(source, table, columns);
  const isWhole =
    'integer' in key
      ? readByKey(source, { table, names, key: key.integer }, put)
      : readBothWays(source, { table, names, order: key.order }, put);
  return { rows, isWhole };
}

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  /** Position in the primary key, from 1. */
  readonly pk: bigint | number;
}

/** By what rows are found: a number, or an order. */
function keyOf(
  source: Connection,
  table: string,
  columns: readonly ColumnInfo[],
): { integer: string } | { order: string } {
  const [info] = source
    .prepare('SELECT wr FROM pragma_table_list WHERE schema = ? AND name = ?')
    .all('main', table) as {
    wr: bigint;
  }[];
  if (Number(info?.wr ?? 0) === 0) return { integer: 'rowid' };
  const primary = columns.filter(({ pk }) => Number(pk) > 0).sort((a, b) => Number(a.pk) - Number(b.pk));
  const [first] = primary;
  if (first?.type === 'INTEGER') return { integer: `"${first.name}"` };
  return { order: primary.map(({ name }) => `"${name}"`).join(', ') };
}

/** Whether every row was read. */
function readByKey(
  source: Connection,
  { table, names, key }: { readonly table: string; readonly names: string; readonly key: string },
  put: (row: unknown[]) => void,
): boolean {
  const next = source
    .prepare<[bigint], bigint>(`SELECT ${key} FROM "${table}" WHERE ${key} >= ? ORDER BY ${key} LIMIT 1`)
    .pluck();
  const window = source
    .prepare<[bigint, bigint], unknown[]>(`SELECT ${names} FROM "${table}" WHERE ${key} BETWEEN ? AND ?`)
    .raw();
  let isWhole = true;

  const attempt = <T>(read: () => T): T | 'unreadable' => {
    try {
      return read();
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      isWhole = false;
      return 'unreadable';
    }
  };
  const keyFrom = (from: bigint) => attempt(() => next.get(from) ?? LAST_KEY);

  /** The first key from there on that can be found, past what is damaged. */
  const findKey = (from: bigint): bigint => {
    const found = keyFrom(from);
    if (found !== 'unreadable') return found;
    let before = from;
    let step = 1n;
    let beyond = keyFrom(from + step);
    while (beyond === 'unreadable' && from + step < LAST_KEY) {
      before = from + step;
      step *= 2n;
      beyond = keyFrom(from + step);
    }
    if (beyond === 'unreadable') return LAST_KEY;
    let after = from + step;
    while (after - before > 1n) {
      const middle = (before + after) / 2n;
      const key = keyFrom(middle);
      if (key === 'unreadable') before = middle;
      else {
        after = middle;
        beyond = key;
      }
    }
    return beyond;
  };

  const readWindow = (from: bigint, to: bigint): void => {
    const found = attempt(() => window.all(from, to));
    if (found !== 'unreadable') {
      for (const row of found) put(row);
      return;
    }
    if (from === to) return;
    const middle = (from + to) / 2n;
    readWindow(from, middle);
    readWindow(middle + 1n, to);
  };

  for (let from = findKey(-LAST_KEY); from < LAST_KEY; from = findKey(from + WINDOW)) {
    readWindow(from, from + WINDOW - 1n);
  }
  return isWhole;
}

/** Small tables: from the beginning to the damage, and from the end back to it. */
function readBothWays(
  source: Connection,
  { table, names, order }: { readonly table: string; readonly names: string; readonly order: string },
  put: (row: unknown[]) => void,
): boolean {
  const isRead = (direction: 'ASC' | 'DESC') => {
    const by = order.replaceAll('",', `" ${direction},`);
    const select = source.prepare<[], unknown[]>(`SELECT ${names} FROM "${table}" ORDER BY ${by} ${direction}`).raw();
    try {
      for (const row of select.iterate()) put(row);
      return true;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return false;
    }
  };
  if (isRead('ASC')) return true;
  isRead('DESC');
  return false;
}

function isUnreadable(error: unknown): boolean {
  const { code = '' } = error as { readonly code?: string };
  return ['SQLITE_CORRUPT', 'SQLITE_IOERR', 'SQLITE_NOTADB'].some((prefix) => code.startsWith(prefix));
}

/** Rows whose parent is lost. Until there is none: a child may be a parent. */
function removeOrphans(target: Connection, tables: readonly string[]): void {
  const removals = tables.flatMap((table) =>
    (target.pragma(`foreign_key_list("${table}")`) as { table: string; from: string; to: string }[]).map((fk) =>
      target.prepare(
        `DELETE FROM "${table}" WHERE "${fk.from}" IS NOT NULL AND "${fk.from}" NOT IN (SELECT "${fk.to}" FROM "${fk.table}")`,
      ),
    ),
  );
  while (removals.reduce((sum, removal) => sum + removal.run().changes, 0) > 0);
}

const OPEN = "('scheduled', 'queued', 'processing')";

/** Open messages that are whole are in the outbox; those that are not are dead letters that say why. */
function mendMessages(target: Connection): number {
  const broken = `seq NOT IN (SELECT message_seq FROM contents) OR seq NOT IN (SELECT message_seq FROM recipients)`;
  target.exec(
    `DELETE FROM outbox WHERE message_seq NOT IN (SELECT seq FROM messages) OR message_seq IN (SELECT seq FROM messages WHERE ${broken});
     UPDATE recipients SET status = 'failed', reply = 'its content was lost with a damaged page'
       WHERE status IN ${OPEN} AND message_seq IN (SELECT seq FROM messages WHERE ${broken});
     INSERT INTO outbox (message_seq, tenant_no, lane, due_at, scheduled)
       SELECT seq, tenant_no, priority, coalesce(scheduled_at, created_at), status = 'scheduled' FROM messages m
       WHERE status IN ${OPEN} AND seq NOT IN (SELECT message_seq FROM outbox) AND NOT (${broken});`,
  );
  return target
    .prepare(
      `UPDATE messages SET status = 'failed', dead = 1, last_error = 'its content or recipients were lost with a damaged page'
       WHERE status IN ${OPEN} AND (${broken})`,
    )
    .run().changes;
}
