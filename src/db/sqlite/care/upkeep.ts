/** The verbs that look after the file itself. */

import { statSync } from 'node:fs';
import type { Connection } from '../connection.ts';
import { schemaVersion } from '../migrate.ts';
import type { Pieces, Verb } from '../verb.ts';

/** What in the file contradicts itself. */
export function* problemsOf(db: Connection): Pieces<readonly string[]> {
  const structure = (db.pragma('integrity_check') as { integrity_check: string }[]).map((row) => row.integrity_check);
  yield;
  const references = (db.pragma('foreign_key_check') as { table: string; rowid: number }[]).map(
    ({ table, rowid }) => `row ${rowid} of ${table} refers to a row that is not there`,
  );
  return [...structure.filter((line) => line !== 'ok'), ...references];
}

export const integrity: Verb<'care.integrity'> = {
  kind: 'scan',
  prepare: (db) => () => problemsOf(db),
};

/** More events than any store has between a backup and its restore. */
const EVENT_GAP = 10_000_000;

/** Of one statement; nobody is told, for there is nothing to see. */
export const leaveEventGap: Verb<'care.leaveEventGap'> = {
  kind: 'alone',
  prepare(db) {
    const skip = db.prepare<[number]>("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'events'");
    const begin = db.prepare<[number]>("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', ?)");
    return () => {
      if (skip.run(EVENT_GAP).changes === 0) begin.run(EVENT_GAP);
    };
  },
};

export const info: Verb<'care.info'> = {
  kind: 'read',
  prepare(db) {
    const version = db.prepare<[], string>('SELECT sqlite_version()').pluck();
    return () => ({
      schema: schemaVersion(db),
      sqlite: version.get() ?? '',
      file: db.name,
      bytes: statSync(db.name).size,
    });
  },
};
