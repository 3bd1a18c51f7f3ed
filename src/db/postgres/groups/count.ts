/** Counts what became of recipients of groups, for the verbs that settle and that take what comes back, in their transaction. */

import type { Tally } from '../../../core/tally.ts';
import type { HitCounts } from '../../../core/tracking.ts';
import type { Connection } from '../connection.ts';

export interface OfGroup {
  readonly tenantNo: number;
  /** Null: of no group. */
  readonly groupId: string | null;
  readonly tally: Partial<Tally>;
  readonly hits?: Partial<HitCounts>;
}

const COLUMNS = {
  ...{ sent: 'recipients', delivered: 'delivered', bounced: 'bounced', complained: 'complained' },
  ...{ opened: 'opened', clicked: 'clicked', opens: 'opens', clicks: 'clicks' },
  ...{ machine_opens: 'machineOpens', machine_clicks: 'machineClicks' },
} as const satisfies { readonly [column: string]: keyof Tally | keyof HitCounts };

/** Each group of a commit is written once. */
export function prepareGroupCount(db: Connection): (counted: readonly OfGroup[]) => Promise<void> {
  const names = Object.entries(COLUMNS);
  const columns = names.map(([column]) => column);
  // The hour is that of the group, whose row of this connection may not be there yet.
  const add = db.prepare<[{ readonly [name: string]: number | string }]>(
    `INSERT INTO group_counts AS g (tenant_no, group_id, hour, ${columns.join(', ')})
     SELECT tenant_no, group_id, max(hour), ${names.map(([, name]) => `@${name}::bigint`).join(', ')}
     FROM group_counts WHERE tenant_no = @tenantNo AND group_id = @groupId GROUP BY tenant_no, group_id
     ON CONFLICT (tenant_no, group_id, slot)
     DO UPDATE SET ${columns.map((column) => `${column} = g.${column} + excluded.${column}`).join(', ')}`,
  );
  return async (counted) => {
    const ofGroups = counted.filter((one): one is OfGroup & { groupId: string } => one.groupId !== null);
    for (const same of Map.groupBy(ofGroups, ({ tenantNo, groupId }) => JSON.stringify([tenantNo, groupId])).values()) {
      const [first] = same;
      if (first === undefined) continue;
      const all = same.map(({ tally, hits }): Partial<Tally & HitCounts> => ({ ...tally, ...hits }));
      const sums = names.map(([, name]) => [name, all.reduce((sum, one) => sum + (one[name] ?? 0), 0)] as const);
      await add.run({ ...Object.fromEntries(sums), tenantNo: first.tenantNo, groupId: first.groupId });
    }
  };
}
