/** How the timed chores stand. */

import type { ChoreOutcome, ChoreRow } from '../../verbs/chores.ts';
import type { Connection } from '../connection.ts';
import { optional } from '../rows.ts';
import type { Verb } from '../verb.ts';

interface ChoreColumns {
  name: string;
  schedule: string;
  next_at: number | null;
  started_at: number | null;
  ended_at: number | null;
  outcome: string | null;
  detail: string | null;
  succeeded_at: number | null;
  failures: number;
}

export const chores: Verb<'chores'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[], ChoreColumns>('SELECT * FROM chores ORDER BY name');
    return () =>
      select.all().map((row) => ({
        name: row.name,
        schedule: row.schedule,
        ...optional('nextAt', row.next_at),
        ...optional('startedAt', row.started_at),
        ...optional('endedAt', row.ended_at),
        ...optional('outcome', row.outcome as ChoreOutcome | null),
        ...optional('detail', row.detail),
        ...optional('succeededAt', row.succeeded_at),
        failures: row.failures,
      }));
  },
};

export const setChore: Verb<'setChore'> = {
  kind: 'write',
  patient: true,
  prepare: (db) => prepareSet(db),
};

export const setChores: Verb<'setChores'> = {
  kind: 'write',
  prepare(db) {
    const clear = db.prepare('DELETE FROM chores');
    const set = prepareSet(db);
    return (rows) => {
      clear.run();
      for (const row of rows) set(row);
    };
  },
};

function prepareSet(db: Connection) {
  const replace = db.prepare(
    `INSERT OR REPLACE INTO chores (name, schedule, next_at, started_at, ended_at, outcome, detail, succeeded_at, failures)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return (row: ChoreRow): void => {
    replace.run(
      row.name,
      row.schedule,
      row.nextAt ?? null,
      row.startedAt ?? null,
      row.endedAt ?? null,
      row.outcome ?? null,
      row.detail ?? null,
      row.succeededAt ?? null,
      row.failures,
    );
  };
}
