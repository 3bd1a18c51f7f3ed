/** Sealed texts, over the columns of sealed-columns.ts that this schema has. */

import { checkHead } from '../../../core/audit-entry.ts';
import { sealedBy, sealedPrefix } from '../../../core/vault.ts';
import { sealCursor, sealPlace } from '../../rules/seal-cursor.ts';
import { type SealedColumn, sealedColumns } from '../../rules/sealed-columns.ts';
import type { SealedText } from '../../verbs/seals.ts';
import { prepareEnd } from '../audit/audit.ts';
import type { Connection } from '../connection.ts';
import type { Verb } from '../verb.ts';

export const list: Verb<'seals.list'> = {
  kind: 'read',
  prepare(db) {
    const readers = columnsOf(db).map((at) => ({
      at,
      select: db.prepare<[string, number], { id: string; sealed: string }>(
        `SELECT ${at.id} AS id, ${at.column} AS sealed FROM ${at.table}
         WHERE ${at.column} IS NOT NULL AND ${at.id} > +? ORDER BY ${at.id} LIMIT +?`,
      ),
    }));
    return ({ limit, cursor }) => {
      const from = sealPlace(cursor);
      const items: SealedText[] = [];
      let left = limit;
      for (const [n, { at, select }] of readers.entries()) {
        if (n < from.at) continue;
        const rows = select.all(n === from.at ? from.after : '', left);
        for (const { id, sealed } of rows) {
          if (sealedBy(sealed) === undefined) continue;
          items.push({ table: at.table, column: at.column, id, context: at.context + id, sealed });
        }
        left -= rows.length;
        const last = rows.at(-1);
        if (left === 0 && last !== undefined) return { items, cursor: sealCursor({ at: n, after: last.id }) };
      }
      return { items };
    };
  },
};

export const reseal: Verb<'seals.reseal'> = {
  kind: 'write',
  prepare(db) {
    const writers = columnsOf(db).map((at) => ({
      at,
      update: db.prepare(`UPDATE ${at.table} SET ${at.column} = ? WHERE ${at.id} = +? AND ${at.column} = +?`),
    }));
    return (changes) =>
      changes.reduce((count, { table, column, id, sealed, anew }) => {
        const writer = writers.find(({ at }) => at.table === table && at.column === column);
        if (writer === undefined) throw new Error(`${table}.${column} is not a sealed column`);
        return count + writer.update.run(anew, id, sealed).changes;
      }, 0);
  },
};

export const retireKeys: Verb<'seals.retireKeys'> = {
  kind: 'write',
  prepare(db) {
    const isSealedBy = prepareIsSealedBy(db);
    const end = prepareEnd(db);
    const retire = db.prepare('INSERT INTO retired_master_keys (key_id) VALUES (?) ON CONFLICT DO NOTHING');
    return (keys) => {
      const [first] = keys;
      const old = new Set(keys.map(({ keyId }) => keyId).filter((keyId) => keyId !== first.keyId));
      for (const keyId of old) if (isSealedBy(keyId)) return false;
      const head = end.read();
      if (head !== undefined && old.has(head.keyId) && checkHead(head, keys) === 'right') end.keep(head, first);
      for (const keyId of old) retire.run(keyId);
      return true;
    };
  },
};

export const reinstateKey: Verb<'seals.reinstateKey'> = {
  kind: 'write',
  prepare(db) {
    const remove = db.prepare('DELETE FROM retired_master_keys WHERE key_id = +?');
    return (keyId) => {
      remove.run(keyId);
    };
  },
};

/** Whether a text is, found by the database itself: none is read. */
function prepareIsSealedBy(db: Connection): (keyId: string) => boolean {
  const selects = columnsOf(db).map(({ table, column }) =>
    db
      .prepare<[{ prefix: string }], number>(
        `SELECT 1 FROM ${table} WHERE substr(${column}, 1, length(@prefix)) = @prefix LIMIT 1`,
      )
      .pluck(),
  );
  return (keyId) => selects.some((select) => select.get({ prefix: sealedPrefix(keyId) }) !== undefined);
}

function columnsOf(db: Connection): readonly SealedColumn[] {
  const columns = db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck();
  return sealedColumns.filter(({ table, id, column }) => {
    const names = columns.all(table);
    return names.includes(id) && names.includes(column);
  });
}
