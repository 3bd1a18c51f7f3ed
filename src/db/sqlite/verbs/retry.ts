/** The verbs by which people move messages on: cancel, and retry of one or of those that `retryable` found. */

import { IepError } from '../../../core/errors.ts';
import type { Status } from '../../../core/message.ts';
import { messageStatus } from '../../../core/message-status.ts';
import type { Connection } from '../connection.ts';
import type { Verb } from '../verb.ts';
import { appendEvent } from './events.ts';

interface Found {
  seq: number;
  status: Status;
  dead: number;
  priority: number;
  tenant_no: number;
  is_waiting: number;
  lease_owner: string | null;
  is_removed: number;
  is_lost: number;
}

const REMOVED = 'Its attachments were removed after the time they are kept, so it cannot be sent again as it was.';
const LOST =
  'Its content or its recipients were lost with a damaged page of the database, so it cannot be sent again. Submit the mail anew, and delete this message.';

export const cancel: Verb<'cancel'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const leave = db.prepare('DELETE FROM outbox WHERE message_seq = +?');
    const closeRecipients = db.prepare(
      `UPDATE recipients SET status = 'cancelled', updated_at = ?
       WHERE message_seq = +? AND status IN ('scheduled', 'queued', 'processing')`,
    );
    const statuses = db.prepare<[number], Status>('SELECT status FROM recipients WHERE message_seq = +?').pluck();
    const setStatus = db.prepare('UPDATE messages SET status = ?, updated_at = ? WHERE seq = +?');
    const append = appendEvent(db);
    return ({ tenantId, messageId, now }) => {
      const found = find(tenantId, messageId);
      if (found.is_waiting === 0)
        throw new IepError('not_cancellable', `The message has its outcome: ${found.status}.`);
      if (found.lease_owner !== null) throw new IepError('not_cancellable', 'An attempt is under way.');
      leave.run(found.seq);
      closeRecipients.run(now, found.seq);
      const status = messageStatus(statuses.all(found.seq));
      setStatus.run(status, now, found.seq);
      append(found.seq, { type: 'cancelled', at: now });
      return status;
    };
  },
};

export const retry: Verb<'retry'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const tryAgain = prepareRetry(db);
    return ({ tenantId, messageId, now, onlyDead }) => {
      const found = find(tenantId, messageId);
      if (onlyDead === true) requireDead(found);
      const status = tryAgain(found, now);
      if (status === undefined) throw new IepError('not_retryable', whyNot(found));
      return status;
    };
  },
};

export const retryEach: Verb<'retryEach'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareLook(db);
    const tryAgain = prepareRetry(db);
    return ({ tenantId, messages, now }) =>
      messages.flatMap(({ messageId, status, dead }) => {
        const found = find(tenantId, messageId);
        // It has moved on since it was looked for.
        if (found === undefined || found.status !== status || (found.dead === 1) !== dead) return [];
        return tryAgain(found, now) === undefined ? [] : [messageId];
      });
  },
};

/** It may have been sent since its caller looked, or may still be. */
export function requireDead({ dead, status }: { readonly dead: number; readonly status: Status }): void {
  if (dead === 1) return;
  throw new IepError('conflict', `The message is not a dead letter: its status is ${status}.`, {
    extra: {
      hint: 'See `iep dead list`; other messages are shown with `iep explain` and tried again with `iep retry`.',
    },
  });
}

function prepareFind(db: Connection): (tenantId: string, messageId: string) => Found {
  const look = prepareLook(db);
  return (tenantId, messageId) => {
    const found = look(tenantId, messageId);
    if (found === undefined) throw new IepError('not_found', 'There is no such message.');
    return found;
  };
}

function prepareLook(db: Connection): (tenantId: string, messageId: string) => Found | undefined {
  const select = db.prepare<[string, string], Found>(
    `SELECT m.seq, m.status, m.dead, m.priority, m.tenant_no, o.message_seq IS NOT NULL AS is_waiting, o.lease_owner,
       (EXISTS (SELECT 1 FROM attachments a WHERE a.message_seq = m.seq AND a.removed_at IS NOT NULL)
        OR EXISTS (SELECT 1 FROM contents c WHERE c.message_seq = m.seq AND c.raw_removed_at IS NOT NULL)) AS is_removed,
       (NOT EXISTS (SELECT 1 FROM contents c WHERE c.message_seq = m.seq)
        OR NOT EXISTS (SELECT 1 FROM recipients r WHERE r.message_seq = m.seq)) AS is_lost
     FROM messages m JOIN tenants t ON t.no = m.tenant_no LEFT JOIN outbox o ON o.message_seq = m.seq
     WHERE m.id = +? AND t.id = +?`,
  );
  return (tenantId, messageId) => select.get(messageId, tenantId);
}

/** Why a message that failed can never be sent again as it was accepted. */
function whyNot(found: Found): string | undefined {
  if (found.is_lost === 1) return LOST;
  return found.is_removed === 1 ? REMOVED : undefined;
}

/** Returns the new status, or undefined when there is nothing to retry. */
function prepareRetry(db: Connection): (found: Found, now: number) => Status | undefined {
  const reopen = db.prepare(
    `UPDATE recipients SET status = 'queued', updated_at = ?
     WHERE message_seq = +? AND status IN ('failed', 'bounced', 'suppressed')`,
  );
  const reset = db.prepare(
    `UPDATE messages SET status = 'queued', attempts = 0, dead = 0, updated_at = ? WHERE seq = +?`,
  );
  const enter = db.prepare('INSERT INTO outbox (message_seq, tenant_no, lane, due_at) VALUES (?, ?, ?, ?)');
  const hurry = db.prepare('UPDATE outbox SET due_at = ?, scheduled = 0, deaths = 0 WHERE message_seq = +?');
  const append = appendEvent(db);

  return (found, now) => {
    if (found.lease_owner !== null || whyNot(found) !== undefined) return undefined;
    const reopened = reopen.run(now, found.seq).changes;
    if (reopened === 0 && found.is_waiting === 0) return undefined;
    if (found.is_waiting === 1) hurry.run(now, found.seq);
    else enter.run(found.seq, found.tenant_no, found.priority, now);
    reset.run(now, found.seq);
    append(found.seq, { type: 'queued', at: now, data: { retry: true } });
    return 'queued';
  };
}
