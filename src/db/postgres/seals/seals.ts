/** Sealed texts, over the columns of sealed-columns.ts. */

import { checkHead } from '../../../core/audit-entry.ts';
import { sealedBy } from '../../../core/vault.ts';
import { sealedColumns } from '../../rules/sealed-columns.ts';
import type { SealedText } from '../../verbs/seals.ts';
import { prepareEnd } from '../audit/audit.ts';
import type { Connection } from '../connection.ts';
import { flatMapInTurn, sumInTurn } from '../in-turn.ts';
import type { Verb } from '../verb.ts';

export const list: Verb<'seals.list'> = {
  kind: 'read',
  prepare: prepareTexts,
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
    const texts = prepareTexts(db);
    const end = prepareEnd(db);
    const retire = db.prepare('INSERT INTO retired_master_keys (key_id) VALUES (?) ON CONFLICT DO NOTHING');
    return async (keys) => {
      const [first] = keys;
      const old = new Set(keys.map(({ keyId }) => keyId).filter((keyId) => keyId !== first.keyId));
      if ((await texts()).some(({ sealed }) => old.has(sealedBy(sealed) ?? ''))) return false;
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

function prepareTexts(db: Connection): () => Promise<readonly SealedText[]> {
  const readers = sealedColumns.map((at) => ({
    at,
    select: db.prepare<[], { id: string; sealed: string }>(
      `SELECT ${at.id} AS id, ${at.column} AS sealed FROM ${at.table} WHERE ${at.column} IS NOT NULL ORDER BY 1`,
    ),
  }));
  return async () =>
    await flatMapInTurn(readers, async ({ at, select }) =>
      (await select.all()).flatMap(({ id, sealed }): SealedText[] => {
        if (sealedBy(sealed) === undefined) return [];
        return [{ table: at.table, column: at.column, id, context: at.context + id, sealed }];
      }),
    );
}
