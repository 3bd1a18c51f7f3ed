/** Tells in the commit that records what came back where the rate of a tenant is too high since; and what of that was told on. */

import { rfc3339 } from '../../../core/rfc3339.ts';
import { type AlertedRate, alertedRates, hourOf, type Tally } from '../../../core/tally.ts';
import type { TenantSettings } from '../../../core/tenant-settings.ts';
import { eventOf } from '../../rows/message-rows.ts';
import {
  type Alerts,
  type AlertWindow,
  alertWindow,
  isTooHigh,
  limitsOf,
  MOST_HOURS,
  nextAlerts,
} from '../../rules/rate-alert.ts';
import type { RaisedAlert, TenantRates } from '../../verbs/tallies.ts';
import type { Connection } from '../connection.ts';
import { appendAbout, EVENT_COLUMNS, EVENTS } from '../events/events.ts';
import type { Verb } from '../verb.ts';
import { TALLY_SUMS } from './columns.ts';

const HOUR_MS = 3_600_000;
const CURSOR = 'rates.cursor';

/** The rates of a tenant now. */
function prepareWindow(db: Connection): (tenantNo: number, now: number) => Promise<AlertWindow> {
  const select = db.prepare<[number, number], Tally & { hour: number }>(
    `SELECT hour, ${TALLY_SUMS} FROM tallies WHERE tenant_no = ? AND hour > ? GROUP BY hour ORDER BY hour DESC`,
  );
  return async (tenantNo, now) => {
    const hour = hourOf(now);
    const rows = await select.all(tenantNo, hour - MOST_HOURS);
    return alertWindow(
      rows.map((row) => ({ hour: row.hour, tally: row })),
      hour,
    );
  };
}

export interface RateAlerts {
  /** What was too high and told, and how high it is before anything of this commit is counted. */
  before(tenantNo: number, now: number): Promise<Standing>;
  /** Keeps what is too high with what was counted, and appends an event for each rate that was not before. */
  after(tenantNo: number, before: Standing, now: number): Promise<void>;
}

interface Standing {
  readonly told: Alerts['standing'];
  readonly window: AlertWindow | undefined;
}

export function prepareRateAlerts(db: Connection): RateAlerts {
  const window = prepareWindow(db);
  const standing = db.prepare<[number], { bounced: number; complained: number }>(
    'SELECT bounced, complained FROM rate_alerts WHERE tenant_no = ?',
  );
  const keep = db.prepare(
    `INSERT INTO rate_alerts (tenant_no, bounced, complained, updated_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (tenant_no) DO UPDATE SET bounced = excluded.bounced, complained = excluded.complained,
       updated_at = excluded.updated_at`,
  );
  const tenant = db.prepare<[number], { id: string; settings: string }>(
    'SELECT id, settings FROM tenants WHERE no = ?',
  );
  const raise = prepareRaise(db);

  return {
    async before(tenantNo, now) {
      const { bounced = 0, complained = 0 } = (await standing.get(tenantNo)) ?? {};
      const told = { bounced: bounced === 1, complained: complained === 1 };
      return { told, window: told.bounced || told.complained ? await window(tenantNo, now) : undefined };
    },
    async after(tenantNo, { told, window: before }, now) {
      const { id, settings: text } = (await tenant.get(tenantNo)) ?? {};
      if (id === undefined || text === undefined) return;
      const settings = JSON.parse(text) as TenantSettings;
      const limits = limitsOf(settings);
      const after = await window(tenantNo, now);
      const next = nextAlerts(told, { before, after, limits });
      await keep.run(tenantNo, Number(next.standing.bounced), Number(next.standing.complained), now);
      for (const rate of next.raised) {
        const pauses = rate === 'complained' && settings.pauseOnComplaintRate === true;
        await raise({ no: tenantNo, id }, rate, { data: alertData(rate, after, limits[rate]), pauses, now });
      }
    },
  };
}

interface Raised {
  readonly data: ReturnType<typeof alertData>;
  readonly pauses: boolean;
  readonly now: number;
}

/** The event, and the tenant's queue paused where it wishes so. */
function prepareRaise(db: Connection) {
  const append = appendAbout(db);
  const pause = db.prepare(
    'UPDATE tenants SET paused = 1, paused_reason = ?, updated_at = ? WHERE no = ? AND paused = 0',
  );
  return async ({ no, id }: { no: number; id: string }, rate: AlertedRate, { data, pauses, now }: Raised) => {
    const paused = pauses && (await pause.run(reasonOf(data), now, no)).changes > 0;
    const type = rate === 'bounced' ? 'tenant.bounce_rate' : 'tenant.complaint_rate';
    await append(no, { kind: 'tenant', id }, { type, at: now, data: { ...data, paused } });
  };
}

function alertData(rate: AlertedRate, { recipients, from, ...counts }: AlertWindow, limit: number) {
  const count = counts[rate];
  return { rate: count / recipients, limit, [rate]: count, recipients, since: rfc3339(from * HOUR_MS) };
}

function reasonOf({ recipients, complained, limit }: Raised['data']): string {
  return `${complained} of ${recipients} recipients complained, and its complaintRateAlert is ${limit}`;
}

export const rates: Verb<'tallies.rates'> = {
  kind: 'scan',
  prepare(db) {
    const window = prepareWindow(db);
    const watched = db.prepare<
      [number],
      { no: number; id: string; settings: string; bounced: number; complained: number }
    >(
      `SELECT t.no, t.id, t.settings, a.bounced, a.complained FROM rate_alerts a JOIN tenants t ON t.no = a.tenant_no
       WHERE (a.updated_at > ? OR a.bounced = 1 OR a.complained = 1) AND t.removing_at IS NULL ORDER BY t.no`,
    );
    return async ({ now }) => {
      const found: TenantRates[] = [];
      for (const { no, id, settings, ...standing } of await watched.all(now - 24 * HOUR_MS)) {
        const { recipients, ...counts } = await window(no, now);
        const limits = limitsOf(JSON.parse(settings) as TenantSettings);
        const standings = alertedRates.map((rate) => ({
          rate,
          value: recipients === 0 ? 0 : counts[rate] / recipients,
          isTooHigh: standing[rate] === 1 && isTooHigh(counts[rate], recipients, limits[rate]),
        }));
        found.push({ tenantId: id, rates: standings });
      }
      return found;
    };
  },
};

export const raisedAlerts: Verb<'tallies.raisedAlerts'> = {
  kind: 'read',
  prepare(db) {
    const cursor = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck();
    const following = db.prepare<[number, number], Parameters<typeof eventOf>[0] & { slug: string }>(
      `SELECT ${EVENT_COLUMNS}, t.slug FROM ${EVENTS}
       WHERE e.tenant_no IS NOT NULL AND e.position > ? AND e.subject_kind = 'tenant' ORDER BY e.position LIMIT ?`,
    );
    return async ({ limit }): Promise<readonly RaisedAlert[]> =>
      (await following.all(Number((await cursor.get(CURSOR)) ?? 0), limit)).map(({ slug, ...row }) => ({
        tenant: slug,
        event: eventOf(row),
      }));
  },
};

export const alertsTold: Verb<'tallies.alertsTold'> = {
  kind: 'write',
  prepare(db) {
    const move = db.prepare(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
    return async ({ position }) => void (await move.run(CURSOR, position));
  },
};
