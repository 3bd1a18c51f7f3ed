/** Sealed texts, over the columns of sealed-columns.ts that this schema has. */

import { sealedBy } from '../../../core/vault.ts';
import type { SealedText } from '../../seal-store.ts';
import { type SealedColumn, sealedColumns } from '../../sealed-columns.ts';
import type { Connection } from '../connection.ts';
import type { Verb } from '../verb.ts';

export const sealedTexts: Verb<'sealedTexts'> = {
  kind: 'read',
  prepare(db) {
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
          return [{ table: at.table, column: at.column, id, place: at.place + id, sealed }];
        }),
      );
  },
};

export const reseal: Verb<'reseal'> = {
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

function columnsOf(db: Connection): readonly SealedColumn[] {
  const columns = db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck();
  return sealedColumns.filter(({ table, id, column }) => {
    const names = columns.all(table);
    return names.includes(id) && names.includes(column);
  });
}
