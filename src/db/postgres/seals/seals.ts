/** Sealed texts, over the columns of sealed-columns.ts. */

import { checkHead } from '../../../core/audit-entry.ts';
import { sealedBy, sealedPrefix } from '../../../core/vault.ts';
import { sealCursor, sealPlace } from '../../rules/seal-cursor.ts';
import { sealedColumns } from '../../rules/sealed-columns.ts';
import type { SealedText } from '../../verbs/seals.ts';
import { prepareEnd } from '../audit/audit.ts';
import type { Connection } from '../connection.ts';
import { sumInTurn } from '../in-turn.ts';
import type { Verb } from '../verb.ts';

export const list: Verb<'seals.list'> = {
  kind: 'read',
  prepare(db) {
    const readers = sealedColumns.map((at) => ({
      at,
      select: db.prepare<[string, number], { id: string; sealed: string }>(
        `SELECT ${at.id} AS id, ${at.column} AS sealed FROM ${at.table}
         WHERE ${at.column} IS NOT NULL AND ${at.id} > ? ORDER BY ${at.id} LIMIT ?`,
      ),
    }));
    return async ({ limit, cursor }) => {
      const from = sealPlace(cursor);
      const items: SealedText[] = [];
      let left = limit;
      for (const [n, { at, select }] of readers.entries()) {
        if (n < from.at) continue;
        const rows = await select.all(n === from.at ? from.after : '', left);
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
    const writers = sealedColumns.map((at) => ({
      at,
      update: db.prepare(`UPDATE ${at.table} SET ${at.column} = ? WHERE ${at.id} = ? AND ${at.column} = ?`),
    }));
    return (changes) =>
      sumInTurn(changes, async ({ table, column, id, sealed, anew }) => {
        const writer = writers.find(({ at }) => at.table === table && at.column === column);
        if (writer === undefined) throw new Error(`${table}.${column} is not a sealed column`);
        return (await writer.update.run(anew, id, sealed)).changes;
      });
  },
};

export const retireKeys: Verb<'seals.retireKeys'> = {
  kind: 'write',
  prepare(db) {
    const isSealedBy = prepareIsSealedBy(db);
    const end = prepareEnd(db);
    const retire = db.prepare('INSERT INTO retired_master_keys (key_id) VALUES (?) ON CONFLICT DO NOTHING');
    return async (keys) => {
      const [first] = keys;
      const old = new Set(keys.map(({ keyId }) => keyId).filter((keyId) => keyId !== first.keyId));
      for (const keyId of old) if (await isSealedBy(keyId)) return false;
      const head = await end.read();
      if (head !== undefined && old.has(head.keyId) && checkHead(head, keys) === 'right') await end.keep(head, first);
      for (const keyId of old) await retire.run(keyId);
      return true;
    };
  },
};

export const reinstateKey: Verb<'seals.reinstateKey'> = {
  kind: 'write',
  prepare(db) {
    const remove = db.prepare('DELETE FROM retired_master_keys WHERE key_id = ?');
    return async (keyId) => {
      await remove.run(keyId);
    };
  },
};

/** Whether a text is, found by the database itself: none is read. */
function prepareIsSealedBy(db: Connection): (keyId: string) => Promise<boolean> {
  const selects = sealedColumns.map(({ table, column }) =>
    db.prepare<[string], number>(`SELECT 1 FROM ${table} WHERE starts_with(${column}, ?) LIMIT 1`).pluck(),
  );
  return async (keyId) => {
    for (const select of selects) if ((await select.get(sealedPrefix(keyId))) !== undefined) return true;
    return false;
  };
}
