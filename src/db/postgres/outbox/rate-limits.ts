/** Rate limits as `accept` asks for them: read once and written once a call, whatever the number of its messages. */

import type { RateState, RateWindowName } from '../../../core/rate-limit.ts';
import { openRateWindow, ringOf } from '../../rules/rate-window.ts';
import type { TenantLimits } from '../../verbs/outbox.ts';
import type { Connection } from '../connection.ts';

export interface RateGate {
  /** Says no with the window that is full for longest; undefined lets one message in. */
  refusal(): { readonly window: RateWindowName; readonly count: number; readonly retryAfterMs: number } | undefined;
  take(): void;
  /** Writes down what was taken, and says where the tenant stands now. */
  keep(): Promise<readonly RateState[]>;
}

interface WindowColumns {
  name: RateWindowName;
  newest: number;
  counts: Uint8Array;
}

/** Names what is held of a tenant. */
const RATE_WINDOWS = 7_303;

/** Until the commit: who submits for a tenant that has limits comes after whoever does so now. Those of other tenants do not meet. */
export function prepareHoldLimits(db: Connection): (tenant: number) => Promise<void> {
  const hold = db.prepare('SELECT pg_advisory_xact_lock(?, ?::int)');
  return async (tenant) => void (await hold.get(RATE_WINDOWS, tenant));
}

/** Under the lock of `prepareHoldLimits`. Its statements are prepared with the first tenant that has a limit. */
export function rateGates(db: Connection): (tenant: number, limits: TenantLimits) => Promise<RateGate> {
  let statements: ReturnType<typeof prepareStatements> | undefined;

  return async (tenant, { now, rates }) => {
    statements ??= prepareStatements(db);
    const { select, upsert } = statements;
    const kept = new Map(
      (await select.all(tenant)).map((row) => [row.name, { newest: row.newest, counts: ringOf(row.counts) }]),
    );
    const windows = rates.map((limit) => ({ limit, window: openRateWindow(limit, kept.get(limit.name), now) }));

    return {
      refusal() {
        let longest: ReturnType<RateGate['refusal']>;
        for (const { limit, window } of windows) {
          const retryAfterMs = window.waitMs();
          if (retryAfterMs === undefined || retryAfterMs <= (longest?.retryAfterMs ?? -1)) continue;
          longest = { window: limit.name, count: limit.count, retryAfterMs };
        }
        return longest;
      },
      take() {
        for (const { window } of windows) window.take();
      },
      async keep() {
        for (const { limit, window } of windows) {
          const changed = window.changed();
          if (changed) await upsert.run(tenant, limit.name, changed.newest, Buffer.from(changed.counts.buffer));
        }
        return windows.map(({ window }) => window.state());
      },
    };
  };
}

function prepareStatements(db: Connection) {
  return {
    select: db.prepare<[number], WindowColumns>('SELECT name, newest, counts FROM rate_windows WHERE tenant_no = ?'),
    upsert: db.prepare(
      `INSERT INTO rate_windows (tenant_no, name, newest, counts) VALUES (?, ?, ?, ?)
       ON CONFLICT (tenant_no, name) DO UPDATE SET newest = excluded.newest, counts = excluded.counts`,
    ),
  };
}
