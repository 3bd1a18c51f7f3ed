/** Brings the schema up to date: numbered SQL files, each applied once, in order, by one node while the others wait. */

import { IepError } from '../../core/errors.ts';
import type { SessionClient } from './connection.ts';

export interface Migration {
  readonly number: number;
  readonly sql: string;
}

/** One schema a database; the number is any that nobody else takes. */
const LOCK = 7_303_014;

/** Refuses a database that another version wrote: `schema_too_new`, or `schema_too_old` unless it `migrates`. */
export async function useSchema(
  client: SessionClient,
  migrations: readonly Migration[],
  migrates: boolean,
): Promise<void> {
  const known = migrations.at(-1)?.number ?? 0;
  await client.begin('');
  try {
    await client.prepare('SELECT pg_advisory_xact_lock(?)').get(LOCK);
    const found = await version(client);
    if (found > known) {
      throw new IepError('schema_too_new', `The database has schema ${found}; this version of IEP knows ${known}.`);
    }
    if (found < known && found > 0 && !migrates) {
      throw new IepError('schema_too_old', `The database has schema ${found}; this version of IEP needs ${known}.`);
    }
    for (const { number, sql } of migrations) {
      if (number <= found) continue;
      await client.exec(sql);
      await client
        .prepare(
          `INSERT INTO meta (key, value) VALUES ('schema', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
        )
        .run(String(number));
    }
    await followTransactions(client);
    await client.commit();
  } catch (error) {
    await client.rollback().catch(() => undefined);
    throw error;
  }
}

async function version(client: SessionClient): Promise<number> {
  const isThere = await client.prepare<[], boolean>(`SELECT to_regclass('meta') IS NOT NULL`).pluck().get();
  if (!isThere) return 0;
  const text = await client.prepare<[], string>(`SELECT value FROM meta WHERE key = 'schema'`).pluck().get();
  return Number(text ?? 0);
}

/** A database that was restored from a dump counts its transactions anew, from a lower number: positions still grow. */
async function followTransactions(client: SessionClient): Promise<void> {
  await client.exec(
    `UPDATE meta SET value = value::bigint + behind FROM (
       SELECT (max(position) >> 13) - (event_position(0) >> 13) + 1 AS behind FROM events) log
     WHERE key = 'events.epoch' AND behind > 0`,
  );
}
