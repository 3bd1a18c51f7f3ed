/** Counts what became of recipients, for the verbs that settle and that take feedback, in their transaction. */

import { addTallies, emptyTally, type Fate, hourOf, type Tally } from '../../../core/tally.ts';
import { fateBits } from '../../rules/tally.ts';
import type { Connection } from '../connection.ts';
import { prepareRateAlerts } from './rate-alerts.ts';

export interface Counted {
  readonly tenantNo: number;
  /** Empty where none is known. */
  readonly provider: string;
  readonly tally: Partial<Tally>;
}

/** Adds what is counted of one commit, each counter written once; and tells whose rates are too high since. */
export function prepareCount(db: Connection): (counted: readonly Counted[], now: number) => void {
  const add = db.prepare<[Tally & { tenantNo: number; provider: string; hour: number }]>(
    `INSERT INTO tallies (tenant_no, hour, provider, recipients, delivered, bounced, complained, opened, clicked)
     VALUES (@tenantNo, @hour, @provider, @recipients, @delivered, @bounced, @complained, @opened, @clicked)
     ON CONFLICT (tenant_no, hour, provider) DO UPDATE SET recipients = recipients + excluded.recipients,
       delivered = delivered + excluded.delivered, bounced = bounced + excluded.bounced,
       complained = complained + excluded.complained, opened = opened + excluded.opened, clicked = clicked + excluded.clicked`,
  );
  const watch = prepareRateAlerts(db);
  return (counted, now) => {
    const hour = hourOf(now);
    const bad = counted.filter(({ tally: { bounced = 0, complained = 0 } }) => bounced + complained > 0);
    const watched = [...new Set(bad.map(({ tenantNo }) => tenantNo))].map(
      (tenantNo) => [tenantNo, watch.before(tenantNo, now)] as const,
    );
    for (const same of Map.groupBy(counted, ({ tenantNo, provider }) => `${tenantNo} ${provider}`).values()) {
      const [first] = same;
      if (first === undefined) continue;
      const { tenantNo, provider } = first;
      add.run({ tenantNo, provider, hour, ...same.reduce((sum, { tally }) => addTallies(sum, tally), emptyTally) });
    }
    for (const [tenantNo, before] of watched) watch.after(tenantNo, before, now);
  };
}

/** Whether a recipient is to be counted for it: it is once, whatever comes again. */
export function prepareFirst(db: Connection): (recipient: { seq: number; position: number }, fate: Fate) => boolean {
  const mark = db.prepare(
    'UPDATE recipients SET fates = fates | ? WHERE message_seq = +? AND position = +? AND fates & ? = 0',
  );
  return ({ seq, position }, fate) => mark.run(fateBits[fate], seq, position, fateBits[fate]).changes > 0;
}
