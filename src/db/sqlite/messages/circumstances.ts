/** The verb `circumstances`: what `explain` asks. */

import { optional } from '../../rows/message-rows.ts';
import type { Circumstances } from '../../verbs/messages.ts';
import type { SuppressionReason } from '../../verbs/suppressions.ts';
import { queuePaused } from '../outbox/pause.ts';
import { unansweredBy } from '../outbox/unanswered.ts';
import type { Verb } from '../verb.ts';
import { prepareFindMessage } from './find-message.ts';

interface OutboxEntry {
  due_at: number;
  lease_until: number | null;
  scheduled: number;
  deaths: number;
}

export const circumstances: Verb<'messages.circumstances'> = {
  kind: 'read',
  prepare(db) {
    const find = prepareFindMessage(db);
    const selectEntry = db.prepare<[number], OutboxEntry>(
      'SELECT due_at, lease_until, scheduled, deaths FROM outbox WHERE message_seq = +?',
    );
    const selectSuppressions = db.prepare<
      [number, number, number],
      { email: string; reason: SuppressionReason; note: string | null; expires_at: number | null }
    >(
      `SELECT DISTINCT s.email, s.reason, s.note, s.expires_at FROM recipients r
       JOIN suppression_list s
         ON s.tenant_no = +? AND s.email IN (lower(r.address), substr(lower(r.address), instr(r.address, '@')))
       WHERE r.message_seq = +? AND (s.expires_at IS NULL OR s.expires_at > +?) ORDER BY s.email`,
    );
    const selectUnsubscribes = db.prepare<[number], { email: string; category: string }>(
      `SELECT DISTINCT u.email, u.category FROM messages m JOIN recipients r ON r.message_seq = m.seq
       JOIN unsubscribes u ON u.tenant_no = m.tenant_no AND u.email = lower(r.address) AND u.category IN (m.unsubscribe, '')
       WHERE m.seq = +? AND m.unsubscribe IS NOT NULL ORDER BY u.email, u.category`,
    );
    const selectTranscripts = db.prepare<[number], { number: number; transcript: string }>(
      'SELECT number, transcript FROM attempt_transcripts WHERE message_seq = +? ORDER BY number',
    );
    const isPaused = queuePaused(db);
    const unanswered = unansweredBy(db);
    return ({ tenantId, messageId, now }): Circumstances | undefined => {
      const found = find(tenantId, messageId);
      if (found === undefined) return undefined;
      const entry = selectEntry.get(found.seq);
      return {
        ...optional('wantedProvider', found.wanted_provider),
        ...optional('unanswered', unanswered(found.seq, found.attempts)),
        ...(entry && {
          entry: {
            dueAt: entry.due_at,
            ...optional('leaseUntil', entry.lease_until),
            isScheduled: entry.scheduled === 1,
            deaths: entry.deaths,
          },
        }),
        isPaused: isPaused(found.tenant_no),
        unsubscribes: selectUnsubscribes.all(found.seq),
        suppressions: selectSuppressions
          .all(found.tenant_no, found.seq, now)
          .map(({ email, reason, note, expires_at }) => ({
            ...{ email, reason },
            ...optional('note', note),
            ...optional('expiresAt', expires_at),
          })),
        transcripts: selectTranscripts.all(found.seq),
      };
    };
  },
};
