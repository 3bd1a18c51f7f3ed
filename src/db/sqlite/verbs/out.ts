/** Providers made by command, dead letters, and what `explain` asks. */

import { IepError } from '../../../core/errors.ts';
import type { Status } from '../../../core/message.ts';
import type { Circumstances, StoredProvider } from '../../verbs/providers.ts';
import type { SuppressionReason } from '../../verbs/suppressions.ts';
import type { Connection } from '../connection.ts';
import { type OutboxState, optional } from '../rows.ts';
import type { Verb } from '../verb.ts';
import { queuePaused } from './pause.ts';
import { requireDead } from './retry.ts';
import { unansweredBy } from './unanswered.ts';

interface ProviderColumns {
  name: string;
  type: string;
  settings: string;
  created_at: number;
  updated_at: number;
}

export const providers: Verb<'providers'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[], ProviderColumns>('SELECT * FROM providers ORDER BY name');
    return () => select.all().map(providerOf);
  },
};

export const addProvider: Verb<'addProvider'> = {
  kind: 'write',
  prepare(db) {
    const insert = db.prepare(
      `INSERT INTO providers (name, type, settings, created_at, updated_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (name) DO NOTHING`,
    );
    return ({ name, type, settings, createdAt, updatedAt }) => {
      if (insert.run(name, type, settings, createdAt, updatedAt).changes > 0) return;
      throw new IepError('conflict', `There is a provider ${name} already.`);
    };
  },
};

export const setProvider: Verb<'setProvider'> = {
  kind: 'write',
  prepare(db) {
    const update = db.prepare('UPDATE providers SET settings = ?, updated_at = ? WHERE name = +?');
    return ({ name, settings, now }) => update.run(settings, now, name).changes > 0;
  },
};

export const removeProvider: Verb<'removeProvider'> = {
  kind: 'write',
  prepare(db) {
    const remove = db.prepare('DELETE FROM providers WHERE name = +?');
    return ({ name }) => remove.run(name).changes > 0;
  },
};

export const deadLetters: Verb<'deadLetters'> = {
  kind: 'scan',
  prepare(db) {
    const select = db.prepare<[], { tenantId: string; count: number }>(
      `SELECT t.id AS tenantId, d.count FROM
         (SELECT tenant_no, count(*) AS count FROM messages WHERE dead = 1 GROUP BY tenant_no) d
       JOIN tenants t ON t.no = d.tenant_no WHERE t.removing_at IS NULL ORDER BY t.no`,
    );
    // biome-ignore lint/correctness/useYield: counted along an index of the few
    return function* () {
      return select.all();
    };
  },
};

interface Found {
  seq: number;
  tenant_no: number;
  wanted_provider: string | null;
  attempts: number;
  status: Status;
  dead: number;
}

export const deleteMessage: Verb<'deleteMessage'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const isOwed = db.prepare<[number], number>('SELECT 1 FROM outbox WHERE message_seq = +?').pluck();
    const remove = db.prepare('DELETE FROM messages WHERE seq = +?');
    return ({ tenantId, messageId, onlyDead }) => {
      const found = find(tenantId, messageId);
      if (found === undefined) throw new IepError('not_found', 'There is no such message.');
      if (onlyDead === true) requireDead(found);
      if (isOwed.get(found.seq) !== undefined) {
        throw new IepError('conflict', 'The message is still open; cancel it first.');
      }
      remove.run(found.seq);
    };
  },
};

export const circumstances: Verb<'circumstances'> = {
  kind: 'read',
  prepare(db) {
    const find = prepareFind(db);
    const selectEntry = db.prepare<[number], OutboxState & { scheduled: number; deaths: number }>(
      'SELECT due_at, scheduled, lease_owner, deaths FROM outbox WHERE message_seq = +?',
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
            isLeased: entry.lease_owner !== null,
            isScheduled: entry.scheduled === 1,
            deaths: entry.deaths,
          },
        }),
        isPaused: isPaused(found.tenant_no),
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

function prepareFind(db: Connection): (tenantId: string, messageId: string) => Found | undefined {
  const select = db.prepare<[string, string], Found>(
    `SELECT m.seq, m.tenant_no, m.wanted_provider, m.attempts, m.status, m.dead
     FROM messages m JOIN tenants t ON t.no = m.tenant_no WHERE m.id = +? AND t.id = +?`,
  );
  return (tenantId, messageId) => select.get(messageId, tenantId);
}

function providerOf(row: ProviderColumns): StoredProvider {
  return {
    name: row.name,
    type: row.type,
    settings: row.settings,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
