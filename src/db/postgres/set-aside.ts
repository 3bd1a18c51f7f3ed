/**
 * What a claim does with an entry that it cannot read: the entry leaves the queue in the same commit, so that it never keeps
 * others waiting. Where the message is there, it becomes a dead letter that says why.
 */

import { IepError } from '../../core/errors.ts';
import type { Status } from '../../core/message.ts';
import { messageStatus } from '../../core/message-status.ts';
import type { SetAside } from '../verbs/set-aside.ts';
import type { Connection } from './connection.ts';
import { appendEvent } from './events/events.ts';
import { asPostgresRefusal, sqlStateOf } from './refusal.ts';

/** A row that an entry refers to is not there. Its text is read by people. */
export class UnreadableEntry extends Error {
  override name = 'Unreadable';
}

const DAMAGED = 'what the database holds of it makes no sense, so it cannot be sent: iep doctor';

/** Why this entry cannot be read. Throws the error again where the store is out or a page is damaged: that is not a fault of the entry. */
export function unreadableFor(error: unknown): string {
  if (error instanceof UnreadableEntry) return error.message;
  if (sqlStateOf(error) !== '' || asPostgresRefusal(error) instanceof IepError) throw error;
  return DAMAGED;
}

export function prepareSetAside(
  db: Connection,
): (seq: number, why: { reason: string; now: number }) => Promise<SetAside> {
  const find = db.prepare<[number], { messageId: string; tenantId: string; attempts: number; maxAttempts: number }>(
    `SELECT m.id AS "messageId", t.id AS "tenantId", m.attempts, m.max_attempts AS "maxAttempts"
     FROM messages m JOIN tenants t ON t.no = m.tenant_no WHERE m.seq = ?`,
  );
  const leave = db.prepare('DELETE FROM outbox WHERE message_seq = ?');
  const close = db
    .prepare<[string, number, number], string>(
      `UPDATE recipients SET status = 'failed', reply = ?, updated_at = ?
       WHERE message_seq = ? AND status IN ('scheduled', 'queued', 'processing') RETURNING address`,
    )
    .pluck();
  const statuses = db.prepare<[number], Status>('SELECT status FROM recipients WHERE message_seq = ?').pluck();
  const bury = db.prepare('UPDATE messages SET status = ?, dead = 1, last_error = ?, updated_at = ? WHERE seq = ?');
  const append = appendEvent(db);

  return async (seq, { reason, now }) => {
    await leave.run(seq);
    const message = await find.get(seq);
    if (message === undefined) return { entry: seq, reason };
    const { messageId, tenantId, attempts, maxAttempts } = message;
    for (const recipient of await close.all(reason, now, seq)) {
      await append(seq, { type: 'failed', at: now, recipient, data: { reason } });
    }
    await bury.run(messageStatus(await statuses.all(seq)), reason, now, seq);
    await append(seq, { type: 'dlq', at: now, data: { attempts, maxAttempts, reason } });
    return { entry: seq, messageId, tenantId, reason };
  };
}
