/** The verb `reschedule`: another time for what waits for its time. */

import { IepError } from '../../../core/errors.ts';
import type { Status } from '../../../core/message.ts';
import { newTime } from '../../rules/moves.ts';
import { appendEvent } from '../events/events.ts';
import type { Verb } from '../verb.ts';

interface Found {
  seq: number;
  status: Status;
  scheduled: number | null;
  lease_owner: string | null;
}

export const reschedule: Verb<'messages.reschedule'> = {
  kind: 'write',
  prepare(db) {
    const find = db.prepare<[string, string], Found>(
      `SELECT m.seq, m.status, o.scheduled, o.lease_owner
       FROM messages m JOIN tenants t ON t.no = m.tenant_no LEFT JOIN outbox o ON o.message_seq = m.seq
       WHERE m.id = ? AND t.id = ?`,
    );
    const setDue = db.prepare('UPDATE outbox SET due_at = ?, scheduled = ? WHERE message_seq = ?');
    const setMessage = db.prepare('UPDATE messages SET status = ?, scheduled_at = ?, updated_at = ? WHERE seq = ?');
    const setRecipients = db.prepare(
      `UPDATE recipients SET status = ?, updated_at = ? WHERE message_seq = ? AND status IN ('scheduled', 'queued')`,
    );
    const append = appendEvent(db);

    return async ({ tenantId, messageId, scheduledAt, now }) => {
      const found = await find.get(messageId, tenantId);
      if (found === undefined) throw new IepError('not_found', 'No message has this id.');
      const { status, dueAt } = newTime(
        { status: found.status, isScheduled: found.scheduled === 1, isUnderWay: found.lease_owner !== null },
        { scheduledAt, now },
      );
      await setDue.run(dueAt, status === 'scheduled' ? 1 : 0, found.seq);
      await setMessage.run(status, dueAt, now, found.seq);
      await setRecipients.run(status, now, found.seq);
      const data = { rescheduled: true, scheduledAt: new Date(dueAt).toISOString() };
      await append(found.seq, { type: 'queued', at: now, data });
      return status;
    };
  },
};
