/** Counts hits of a recipient, for the verbs that take them, in their transaction. */

import type { Actor, HitKind } from '../../../core/tracking.ts';
import { KEPT_HITS } from '../../rules/hit.ts';
import type { Connection } from '../connection.ts';

/** Whether the history takes it: there are few of them yet. */
export function prepareCountHit(
  db: Connection,
): (hit: { seq: number; position: number; kind: HitKind; actor: Actor; at: number }) => Promise<boolean> {
  const count = db
    .prepare<[number, number, string, number, number, number], number>(
      `INSERT INTO hits (message_seq, position, kind, machine, count, first_at, last_at) VALUES (?, ?, ?, ?, 1, ?, ?)
       ON CONFLICT (message_seq, position, kind, machine) DO UPDATE
         SET count = hits.count + 1, first_at = least(hits.first_at, excluded.first_at), last_at = greatest(hits.last_at, excluded.last_at)
       RETURNING count`,
    )
    .pluck();
  return async ({ seq, position, kind, actor, at }) =>
    ((await count.get(seq, position, kind, actor === 'machine' ? 1 : 0, at, at)) ?? 0) <= KEPT_HITS;
}
