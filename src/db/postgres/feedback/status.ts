/** Raises the statuses of a message by what came back about it, for the verbs that take feedback and that settle. */

import type { Json, Status } from '../../../core/message.ts';
import { openStatuses } from '../../../core/message.ts';
import { messageStatus } from '../../../core/message-status.ts';
import { mayRaise, nextStatus, type Told } from '../../rules/next-status.ts';
import type { FeedbackKind } from '../../verbs/feedback.ts';
import type { Connection } from '../connection.ts';

interface ToldOf extends Told {
  /** Of the recipient within the message. */
  readonly position: number;
}

/** Nothing happens to a recipient that is still open; the message has a status of its own once none is. */
export function raiseStatuses(db: Connection): (seq: number, told: readonly ToldOf[], now: number) => Promise<void> {
  const statusOf = db
    .prepare<[number, number], Status>('SELECT status FROM recipients WHERE message_seq = ? AND position = ?')
    .pluck();
  const statusesOf = db
    .prepare<[number], Status>('SELECT DISTINCT status FROM recipients WHERE message_seq = ?')
    .pluck();
  const setRecipient = db.prepare(
    'UPDATE recipients SET status = ?, reply = coalesce(?, reply), updated_at = ? WHERE message_seq = ? AND position = ?',
  );
  const setMessage = db.prepare(
    'UPDATE messages SET status = ?, updated_at = ?, last_error = coalesce(?, last_error) WHERE seq = ?',
  );
  return async (seq, told, now) => {
    let said: string | null | undefined;
    for (const one of told.filter(mayRaise)) {
      const before = await statusOf.get(seq, one.position);
      const next = before && nextStatus(before, one);
      if (next === undefined || next === before) continue;
      said = typeof one.data.diagnostic === 'string' ? one.data.diagnostic : null;
      await setRecipient.run(next, said, now, seq, one.position);
    }
    const all = said === undefined ? [] : await statusesOf.all(seq);
    if (said === undefined || all.some((status) => openStatuses.includes(status))) return;
    await setMessage.run(messageStatus(all), now, said, seq);
  };
}

/** What came in about a message since a time: a provider may tell the outcome before the attempt is settled. */
export function toldSince(db: Connection): (seq: number, time: number) => Promise<readonly ToldOf[]> {
  const select = db.prepare<[number, number], { position: number; kind: FeedbackKind; data: string }>(
    `SELECT position, kind, data FROM feedback
     WHERE message_seq = ? AND received_at >= ? AND position IS NOT NULL ORDER BY no`,
  );
  return async (seq, time) =>
    (await select.all(seq, time)).map((row) => ({ ...row, data: JSON.parse(row.data) as { [name: string]: Json } }));
}
