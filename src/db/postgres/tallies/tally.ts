/** Counts what became of recipients, for the verbs that settle and that take feedback, in their transaction. */

import { addTallies, emptyTally, type Fate, hourOf, type Tally } from '../../../core/tally.ts';
import { countedAs, fateBits, type Named } from '../../rules/tally.ts';
import type { Connection } from '../connection.ts';
import { type OfGroup, prepareGroupCount } from '../groups/count.ts';
import { mapInTurn } from '../in-turn.ts';
import { prepareRateAlerts } from './rate-alerts.ts';

/** `tally` is empty of a hit that is not its recipient's first. */
export interface Counted extends OfGroup {
  /** Empty where none is known. */
  readonly provider: string;
  /** Of the message; null where it has none. */
  readonly category: string | null;
  /** That the message was made with; null where it was made with none. */
  readonly template: string | null;
}

/** Adds what is counted of one commit, each counter written once; and tells whose rates are too high since. */
export function prepareCount(db: Connection): (counted: readonly Counted[], now: number) => Promise<void> {
  const add = prepareAdd(db);
  const watch = prepareRateAlerts(db);
  const addToGroups = prepareGroupCount(db);
  return async (all, now) => {
    await addToGroups(all);
    const counted = all.filter(({ tally }) => Object.keys(tally).length > 0);
    const hour = hourOf(now);
    const bad = counted.filter(({ tally: { bounced = 0, complained = 0 } }) => bounced + complained > 0);
    const watched = await mapInTurn(
      [...new Set(bad.map(({ tenantNo }) => tenantNo))],
      async (tenantNo) => [tenantNo, await watch.before(tenantNo, now)] as const,
    );
    const keyOf = ({ tenantNo, provider, category, template }: Counted) =>
      JSON.stringify([tenantNo, provider, category, template]);
    for (const same of Map.groupBy(counted, keyOf).values()) {
      const [first] = same;
      if (first === undefined) continue;
      const tally = same.reduce((sum, one) => addTallies(sum, one.tally), emptyTally);
      const { tenantNo, provider, category, template } = first;
      await add({ ...tally, tenantNo, provider, category: category ?? '', template: template ?? '', hour });
    }
    for (const [tenantNo, before] of watched) await watch.after(tenantNo, before, now);
  };
}

type Row = Tally &
  Named & {
    readonly tenantNo: number;
    readonly hour: number;
    readonly provider: string;
  };

/** To the counter that is there; a new one is made only for as many categories and templates as an hour may have. */
function prepareAdd(db: Connection): (row: Row) => Promise<void> {
  const key =
    'tenant_no = @tenantNo AND hour = @hour AND provider = @provider AND category = @category AND template = @template AND slot = counter_slot()';
  const update = db.prepare<[Row]>(
    `UPDATE tallies SET recipients = recipients + @recipients, delivered = delivered + @delivered, bounced = bounced + @bounced,
       complained = complained + @complained, opened = opened + @opened, clicked = clicked + @clicked,
       opened_by_machine = opened_by_machine + @openedByMachine, clicked_by_machine = clicked_by_machine + @clickedByMachine
     WHERE ${key}`,
  );
  const insert = db.prepare<[Row]>(
    `INSERT INTO tallies (tenant_no, hour, provider, category, template, recipients, delivered, bounced, complained, opened,
       clicked, opened_by_machine, clicked_by_machine)
     VALUES (@tenantNo, @hour, @provider, @category, @template, @recipients, @delivered, @bounced, @complained, @opened,
       @clicked, @openedByMachine, @clickedByMachine) ON CONFLICT DO NOTHING`,
  );
  const known = db.prepare<[number, number], Named>(
    'SELECT DISTINCT category, template FROM tallies WHERE tenant_no = ? AND hour = ?',
  );
  return async (row) => {
    if ((await update.run(row)).changes > 0) return;
    const counted = { ...row, ...countedAs(row, await known.all(row.tenantNo, row.hour)) };
    if ((await update.run(counted)).changes > 0) return;
    // Another connection may have the same slot.
    if ((await insert.run(counted)).changes === 0) await update.run(counted);
  };
}

/** Whether a recipient is to be counted for it: it is once, whatever comes again. */
export function prepareFirst(
  db: Connection,
): (recipient: { seq: number; position: number }, fate: Fate) => Promise<boolean> {
  const mark = db.prepare(
    'UPDATE recipients SET fates = fates | ? WHERE message_seq = ? AND position = ? AND fates & ? = 0',
  );
  return async ({ seq, position }, fate) => (await mark.run(fateBits[fate], seq, position, fateBits[fate])).changes > 0;
}
