/** How the timed chores stand, and which node is at one. */

import { optional } from '../../rows/message-rows.ts';
import { isHeldElsewhere } from '../../rules/lease-owner.ts';
import { resumedChore } from '../../rules/resumed-chore.ts';
import type { ChoreOutcome, ChoreRow } from '../../verbs/chores.ts';
import type { Connection } from '../connection.ts';
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
  lease_owner: string | null;
  lease_until: number | null;
}

export const list: Verb<'chores.list'> = {
  kind: 'read',
  prepare(db) {
    const all = prepareAll(db);
    return async () => (await all()).map(rowOf);
  },
};

export const enlist: Verb<'chores.enlist'> = {
  kind: 'write',
  prepare(db) {
    const all = prepareAll(db);
    const write = prepareWrite(db);
    const forget = db.prepare('DELETE FROM chores WHERE name = ?');
    return async ({ chores: plans, ...start }) => {
      const known = new Map((await all()).map((row) => [row.name, row]));
      for (const plan of plans) {
        const row = known.get(plan.name);
        known.delete(plan.name);
        if (row === undefined || !isHeldElsewhere(leaseOf(row), start)) {
          await write(resumedChore(plan, row && rowOf(row), start));
        }
      }
      for (const name of known.keys()) await forget.run(name);
      return (await all()).map(rowOf);
    };
  },
};

export const plan: Verb<'chores.plan'> = {
  kind: 'write',
  prepare(db) {
    const plan = db.prepare('UPDATE chores SET schedule = ?, next_at = ? WHERE name = ?');
    return async ({ name, schedule, nextAt }) => void (await plan.run(schedule, nextAt ?? null, name));
  },
};

export const claim: Verb<'chores.claim'> = {
  kind: 'write',
  prepare(db) {
    const select = db.prepare<[string], ChoreColumns>('SELECT * FROM chores WHERE name = ?');
    const write = prepareWrite(db);
    return async ({ plan, known, owner, now, leaseMs }) => {
      const row = await select.get(plan.name);
      if (row && (isHeldElsewhere(leaseOf(row), { owner, now }) || hasMoved(row, known))) {
        return { isClaimed: false, row: rowOf(row) };
      }
      const { endedAt: _endedAt, outcome: _outcome, detail: _detail, ...standing } = row ? rowOf(row) : { failures: 0 };
      const begun: ChoreRow = { ...standing, ...plan, startedAt: now };
      await write(begun, { owner, until: now + leaseMs });
      return { isClaimed: true, row: begun };
    };
  },
};

export const settle: Verb<'chores.settle'> = {
  kind: 'write',
  prepare(db) {
    const holder = db.prepare<[string], string | null>('SELECT lease_owner FROM chores WHERE name = ?').pluck();
    const write = prepareWrite(db);
    return async ({ owner, row }) => {
      if ((await holder.get(row.name)) !== owner) return false;
      await write(row);
      return true;
    };
  },
};

function prepareAll(db: Connection): () => Promise<readonly ChoreColumns[]> {
  const select = db.prepare<[], ChoreColumns>('SELECT * FROM chores ORDER BY name');
  return () => select.all();
}

function leaseOf({ lease_owner: owner, lease_until: until }: ChoreColumns) {
  return { owner, until };
}

function hasMoved(row: ChoreColumns, { startedAt, endedAt }: Pick<ChoreRow, 'startedAt' | 'endedAt'>): boolean {
  return row.started_at !== (startedAt ?? null) || row.ended_at !== (endedAt ?? null);
}

function rowOf(row: ChoreColumns): ChoreRow {
  return {
    name: row.name,
    schedule: row.schedule,
    ...optional('nextAt', row.next_at),
    ...optional('startedAt', row.started_at),
    ...optional('endedAt', row.ended_at),
    ...optional('outcome', row.outcome as ChoreOutcome | null),
    ...optional('detail', row.detail),
    ...optional('succeededAt', row.succeeded_at),
    failures: row.failures,
  };
}

/** With a lease it is under way, without it is not. */
function prepareWrite(db: Connection) {
  const replace = db.prepare(
    `INSERT INTO chores (name, schedule, next_at, started_at, ended_at, outcome, detail, succeeded_at, failures,
       lease_owner, lease_until)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET schedule = excluded.schedule, next_at = excluded.next_at,
       started_at = excluded.started_at, ended_at = excluded.ended_at, outcome = excluded.outcome, detail = excluded.detail,
       succeeded_at = excluded.succeeded_at, failures = excluded.failures, lease_owner = excluded.lease_owner,
       lease_until = excluded.lease_until`,
  );
  return async (row: ChoreRow, lease?: { readonly owner: string; readonly until: number }): Promise<void> => {
    await replace.run(
      row.name,
      row.schedule,
      row.nextAt ?? null,
      row.startedAt ?? null,
      row.endedAt ?? null,
      row.outcome ?? null,
      row.detail ?? null,
      row.succeededAt ?? null,
      row.failures,
      lease?.owner ?? null,
      lease?.until ?? null,
    );
  };
}
