/** Sealed texts, over the columns of sealed-columns.ts that this schema has. */

import { checkHead } from '../../../core/audit-entry.ts';
import { sealedBy } from '../../../core/vault.ts';
import { type SealedColumn, sealedColumns } from '../../rules/sealed-columns.ts';
import type { SealedText } from '../../verbs/seals.ts';
import { prepareEnd } from '../audit/audit.ts';
import type { Connection } from '../connection.ts';
import type { Verb } from '../verb.ts';

export const list: Verb<'seals.list'> = {
  kind: 'read',
  prepare: prepareTexts,
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
    const texts = prepareTexts(db);
    const end = prepareEnd(db);
    const retire = db.prepare('INSERT INTO retired_master_keys (key_id) VALUES (?) ON CONFLICT DO NOTHING');
    return (keys) => {
      const [first] = keys;
      const old = new Set(keys.map(({ keyId }) => keyId).filter((keyId) => keyId !== first.keyId));
      if (texts().some(({ sealed }) => old.has(sealedBy(sealed) ?? ''))) return false;
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

function prepareTexts(db: Connection): () => readonly SealedText[] {
  const readers = columnsOf(db).map((at) => ({
    at,
    select: db.prepare<[], { id: string; sealed: string }>(
      `SELECT ${at.id} AS id, ${at.column} AS sealed FROM ${at.table} WHERE ${at.column} IS NOT NULL ORDER BY 1`,
    ),
  }));
  return () =>
    readers.flatMap(({ at, select }) =>
      select.all().flatMap(({ id, sealed }): SealedText[] => {
        if (sealedBy(sealed) === undefined) return [];
        return [{ table: at.table, column: at.column, id, context: at.context + id, sealed }];
      }),
    );
}

function columnsOf(db: Connection): readonly SealedColumn[] {
  const columns = db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck();
  return sealedColumns.filter(({ table, id, column }) => {
    const names = columns.all(table);
    return names.includes(id) && names.includes(column);
  });
}
