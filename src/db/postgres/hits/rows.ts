/** How often recipients opened a message and followed its links, for the verbs that show them. */

import type { HitCounts } from '../../../core/tracking.ts';
import { optional } from '../../rows/message-rows.ts';
import type { Connection } from '../connection.ts';

interface HitColumns {
  position: number;
  kind: 'opened' | 'clicked';
  machine: number;
  count: number;
  first_at: number;
  last_at: number;
}

/** Times are of people. */
export interface ShownHits extends HitCounts {
  readonly firstOpenedAt?: number;
  readonly lastOpenedAt?: number;
  readonly lastClickedAt?: number;
}

/** Of a message, by recipient; of those alone who did anything. */
export function prepareHitsOf(db: Connection): (seq: number) => Promise<ReadonlyMap<number, ShownHits>> {
  const select = db.prepare<[number], HitColumns>(
    'SELECT position, kind, machine, count, first_at, last_at FROM hits WHERE message_seq = ? ORDER BY position',
  );
  return async (seq) =>
    new Map([...Map.groupBy(await select.all(seq), ({ position }) => position)].map(([at, rows]) => [at, shown(rows)]));
}

/** The same of one. */
export function prepareHitsOfOne(db: Connection): (seq: number, position: number) => Promise<ShownHits> {
  const select = db.prepare<[number, number], HitColumns>(
    'SELECT position, kind, machine, count, first_at, last_at FROM hits WHERE message_seq = ? AND position = ?',
  );
  return async (seq, position) => shown(await select.all(seq, position));
}

function shown(rows: readonly HitColumns[]): ShownHits {
  const of = (kind: HitColumns['kind'], machine: number) =>
    rows.find((row) => row.kind === kind && row.machine === machine);
  const opened = of('opened', 0);
  const clicked = of('clicked', 0);
  return {
    opens: opened?.count ?? 0,
    clicks: clicked?.count ?? 0,
    machineOpens: of('opened', 1)?.count ?? 0,
    machineClicks: of('clicked', 1)?.count ?? 0,
    ...optional('firstOpenedAt', opened?.first_at),
    ...optional('lastOpenedAt', opened?.last_at),
    ...optional('lastClickedAt', clicked?.last_at),
  };
}
