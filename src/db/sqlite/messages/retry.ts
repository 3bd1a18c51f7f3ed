/** The verbs by which people move messages on: cancel and retry of one, or of those that `cancellable` and `retryable` found. */

import { IepError } from '../../../core/errors.ts';
import type { Status } from '../../../core/message.ts';
import { messageStatus } from '../../../core/message-status.ts';
import { dead } from '../../rules/dead.ts';
import {
  type ContentState,
  isAsFound,
  type MessageState,
  mayBeCancelled,
  mayBeRetried,
  notRetryable,
  type OutboxEntryState,
  requireCancellable,
  requireDead,
  retryStep,
} from '../../rules/moves.ts';
import type { Connection } from '../connection.ts';
import { appendEvent } from '../events/events.ts';
import type { Verb } from '../verb.ts';

type Found = MessageState &
  OutboxEntryState &
  ContentState & { readonly seq: number; readonly lane: number; readonly tenantNo: number };

export const cancel: Verb<'messages.cancel'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const cancel = prepareCancel(db);
    return ({ tenantId, messageId, now }) => {
      const found = find(tenantId, messageId);
      requireCancellable(found);
      return cancel(found, now);
    };
  },
};

export const cancelEach: Verb<'messages.cancelEach'> = {
  kind: 'write',
  prepare(db) {
    const look = prepareLook(db);
    const cancel = prepareCancel(db);
    return ({ tenantId, messages, now }) =>
      messages.flatMap(({ messageId, ...asFound }) => {
        const found = look(tenantId, messageId);
        if (found === undefined || !isAsFound(found, asFound) || !mayBeCancelled(found)) return [];
        return [{ messageId, status: cancel(found, now) }];
      });
  },
};

export const retry: Verb<'messages.retry'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const tryAgain = prepareRetry(db);
    return ({ tenantId, messageId, now, onlyDead }) => {
      const found = find(tenantId, messageId);
      if (onlyDead === true) requireDead(found);
      const status = tryAgain(found, now);
      if (status === undefined) throw notRetryable(found);
      return status;
    };
  },
};

export const retryEach: Verb<'messages.retryEach'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareLook(db);
    const tryAgain = prepareRetry(db);
    return ({ tenantId, messages, now }) =>
      messages.flatMap(({ messageId, status, dead }) => {
        const found = find(tenantId, messageId);
        if (found === undefined || !isAsFound(found, { status, dead })) return [];
        const next = tryAgain(found, now);
        return next === undefined ? [] : [{ messageId, status: next }];
      });
  },
};

function prepareFind(db: Connection): (tenantId: string, messageId: string) => Found {
  const look = prepareLook(db);
  return (tenantId, messageId) => {
    const found = look(tenantId, messageId);
    if (found === undefined) throw new IepError('not_found', 'No message has this id.');
    return found;
  };
}

function prepareLook(db: Connection): (tenantId: string, messageId: string) => Found | undefined {
  const select = db.prepare<[string, string], FoundColumns>(
    `SELECT m.seq, m.status, m.dead, m.priority, m.tenant_no, o.message_seq IS NOT NULL AS is_waiting, o.lease_owner,
       (EXISTS (SELECT 1 FROM attachments a WHERE a.message_seq = m.seq AND a.removed_at IS NOT NULL)
        OR EXISTS (SELECT 1 FROM contents c WHERE c.message_seq = m.seq AND c.raw_removed_at IS NOT NULL)) AS is_removed,
       (NOT EXISTS (SELECT 1 FROM contents c WHERE c.message_seq = m.seq)
        OR NOT EXISTS (SELECT 1 FROM recipients r WHERE r.message_seq = m.seq)) AS is_lost
     FROM messages m JOIN tenants t ON t.no = m.tenant_no LEFT JOIN outbox o ON o.message_seq = m.seq
     WHERE m.id = +? AND t.id = +?`,
  );
  return (tenantId, messageId) => {
    const row = select.get(messageId, tenantId);
    return (
      row && {
        ...{ seq: row.seq, tenantNo: row.tenant_no, lane: row.priority },
        ...{ status: row.status, isDead: row.dead === 1 },
        ...{ isWaiting: row.is_waiting === 1, isUnderWay: row.lease_owner !== null },
        ...{ isRemoved: row.is_removed === 1, isLost: row.is_lost === 1 },
      }
    );
  };
}

interface FoundColumns {
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

/** Of what waits, and no attempt is under way. Returns the new status: some of its recipients may have had their mail. */
function prepareCancel(db: Connection): (found: Found, now: number) => Status {
  const leave = db.prepare('DELETE FROM outbox WHERE message_seq = +?');
  const closeRecipients = db.prepare(
    `UPDATE recipients SET status = 'cancelled', updated_at = ?
     WHERE message_seq = +? AND status IN ('scheduled', 'queued', 'processing')`,
  );
  const statuses = db.prepare<[number], Status>('SELECT status FROM recipients WHERE message_seq = +?').pluck();
  const close = db.prepare<[Status, number, number], { dead: number; attempts: number; maxAttempts: number }>(
    `UPDATE messages SET status = ?, updated_at = ?, dead = dead <> 0 WHERE seq = +?
     RETURNING dead, attempts, max_attempts AS maxAttempts`,
  );
  const append = appendEvent(db);
  return ({ seq }, now) => {
    leave.run(seq);
    closeRecipients.run(now, seq);
    const status = messageStatus(statuses.all(seq));
    const closed = close.get(status, now, seq);
    append(seq, { type: 'cancelled', at: now });
    if (closed?.dead === dead.now) {
      const { attempts, maxAttempts } = closed;
      append(seq, { type: 'dlq', at: now, data: { attempts, maxAttempts } });
    }
    return status;
  };
}

/** Returns the new status, or undefined when there is nothing to retry. */
function prepareRetry(db: Connection): (found: Found, now: number) => Status | undefined {
  const reopen = db.prepare(
    `UPDATE recipients SET status = 'queued', updated_at = ?
     WHERE message_seq = +? AND status IN ('failed', 'bounced', 'suppressed')`,
  );
  const countOpen = db
    .prepare<[number], number>(
      `SELECT count(*) FROM recipients WHERE message_seq = +? AND status IN ('scheduled', 'queued', 'processing')`,
    )
    .pluck();
  const reset = db.prepare(
    `UPDATE messages SET status = 'queued', attempts = 0, dead = 0, updated_at = ? WHERE seq = +?`,
  );
  const enter = db.prepare('INSERT INTO outbox (message_seq, tenant_no, lane, due_at) VALUES (?, ?, ?, ?)');
  const hurry = db.prepare('UPDATE outbox SET due_at = ?, scheduled = 0, deaths = 0 WHERE message_seq = +?');
  const append = appendEvent(db);

  return (found, now) => {
    if (!mayBeRetried(found)) return undefined;
    reopen.run(now, found.seq);
    const step = retryStep(found, countOpen.get(found.seq) ?? 0);
    if (step === undefined) return undefined;
    if (step === 'hurry') hurry.run(now, found.seq);
    else enter.run(found.seq, found.tenantNo, found.lane, now);
    reset.run(now, found.seq);
    append(found.seq, { type: 'queued', at: now, data: { retry: true } });
    return 'queued';
  };
}
