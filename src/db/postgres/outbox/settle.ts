/** The verbs that end a claim: `settle` writes what came of it, a part of it before `settlePart`; `release` gives it back untried. */

import { openStatuses, type Status } from '../../../core/message.ts';
import { messageStatus } from '../../../core/message-status.ts';
import { tellingOfSuppression } from '../../rules/bounces.ts';
import { dead } from '../../rules/dead.ts';
import { hasAttachments } from '../../rules/kept-mail.ts';
import type { AttemptRecord } from '../../verbs/messages.ts';
import type { Settlement } from '../../verbs/outbox.ts';
import type { Connection } from '../connection.ts';
import { appendEvent } from '../events/events.ts';
import { raiseStatuses, toldSince } from '../feedback/status.ts';
import { filterInTurn } from '../in-turn.ts';
import { leaseSql } from '../lease.ts';
import { countHardBounce } from '../suppressions/suppressions.ts';
import { prepareCount, prepareFirst } from '../tallies/tally.ts';
import type { Verb } from '../verb.ts';

export const settle: Verb<'outbox.settle'> = {
  kind: 'shared',
  prepare(db) {
    const find = prepareFind(db);
    const endLease = db.prepare('DELETE FROM outbox WHERE message_seq = ? AND fence = ?');
    const reschedule = db.prepare(
      `UPDATE outbox SET due_at = ?, scheduled = 0, ${leaseSql.ended}, deaths = 0
       WHERE message_seq = ? AND fence = ?`,
    );
    const updateMessage = db.prepare(
      `UPDATE messages SET status = ?, updated_at = ?, dead = coalesce(?, dead), attempts = attempts + ?, provider = coalesce(?, provider),
         sent_at = coalesce(sent_at, ?), last_error = ? WHERE seq = ?`,
    );
    const updateRecipient = prepareRecipient(db);
    const append = appendEvent(db);
    const countBounces = prepareBounces(db);
    const recordAttempt = prepareAttempt(db);
    const recordRendition = prepareRendition(db);
    const raiseEarly = prepareEarly(db);
    const countFates = prepareFates(db);

    return async (end) => {
      const found = await find(end);
      if (found === undefined) return false;
      const { seq, tenantNo } = found;
      const held =
        end.dueAt === undefined ? await endLease.run(seq, end.fence) : await reschedule.run(end.dueAt, seq, end.fence);
      if (held.changes === 0) return false;

      const { attempts = [] } = end;
      await updateMessage.run(
        end.status,
        end.at,
        end.dead === undefined ? null : end.dead === true ? dead.now : dead.later,
        attempts.some(({ counted }) => counted) ? 1 : 0,
        attempts.at(-1)?.provider || null,
        end.sentAt ?? null,
        end.lastError ?? null,
        seq,
      );
      for (const { status, reply, position } of end.recipients)
        await updateRecipient.run(status, reply ?? null, end.at, seq, position);
      for (const attempt of attempts) await recordAttempt(seq, attempt);
      await recordRendition({ seq, tenantNo }, end);
      const suppressed = end.recipients.some(({ status }) => status === 'bounced')
        ? await countBounces(seq, end)
        : undefined;
      for (const event of end.events)
        await append(seq, suppressed === undefined ? event : tellingOfSuppression(event, suppressed));
      const [first] = attempts;
      if (first && (end.status === 'sent' || end.recipients.some(({ status }) => status === 'sent')))
        await raiseEarly(seq, first.startedAt, end.at);
      await countFates(found, end);
      return true;
    };
  },
};

export const settlePart: Verb<'outbox.settlePart'> = {
  kind: 'shared',
  prepare(db) {
    const find = prepareFind(db);
    // A message that makes headway is not what its owners died of.
    const makeHeadway = db.prepare('UPDATE outbox SET deaths = 0 WHERE message_seq = ? AND fence = ?');
    const updateMessage = db.prepare(
      'UPDATE messages SET updated_at = ?, provider = ?, sent_at = coalesce(sent_at, ?) WHERE seq = ?',
    );
    const updateRecipient = prepareRecipient(db);
    const append = appendEvent(db);
    const count = prepareCount(db);
    const raiseEarly = prepareEarly(db);
    return async (part) => {
      const found = await find(part);
      if (found === undefined || (await makeHeadway.run(found.seq, part.fence)).changes === 0) return false;
      const { seq } = found;
      const { provider, startedAt, sent, at } = part;
      await updateMessage.run(at, provider, at, seq);
      for (const { position, reply } of sent) await updateRecipient.run('sent', reply, at, seq, position);
      for (const event of part.events) await append(seq, event);
      await raiseEarly(seq, startedAt, at);
      await count([{ ...found, provider, tally: { recipients: sent.length } }], at);
      return true;
    };
  },
};

export const release: Verb<'outbox.release'> = {
  kind: 'shared',
  prepare(db) {
    const free = db.prepare(
      `UPDATE outbox SET due_at = ?, ${leaseSql.ended}
       WHERE message_seq = (SELECT seq FROM messages WHERE id = ?) AND fence = ?`,
    );
    return async ({ messageId, fence, dueAt }) => (await free.run(dueAt, messageId, fence)).changes > 0;
  },
};

interface Found {
  readonly seq: number;
  readonly tenantNo: number;
  readonly category: string | null;
  readonly template: string | null;
  readonly groupId: string | null;
}

function prepareFind(db: Connection) {
  const find = db.prepare<[string, string], Found>(
    `SELECT m.seq, m.tenant_no AS "tenantNo", m.category, m.template, m.group_id AS "groupId"
     FROM messages m JOIN tenants t ON t.no = m.tenant_no
     WHERE m.id = ? AND t.id = ? FOR NO KEY UPDATE OF m`,
  );
  return ({ messageId, tenantId }: Pick<Settlement, 'messageId' | 'tenantId'>) => find.get(messageId, tenantId);
}

function prepareRecipient(db: Connection) {
  return db.prepare(
    'UPDATE recipients SET status = ?, reply = coalesce(?, reply), updated_at = ? WHERE message_seq = ? AND position = ?',
  );
}

/** Counts those whose mail a provider took or turned away. */
function prepareFates(db: Connection) {
  const count = prepareCount(db);
  const isFirst = prepareFirst(db);
  return async (found: Found, { recipients, attempts = [], at }: Settlement) => {
    const sent = recipients.filter(({ status }) => status === 'sent').length;
    const turnedAway = recipients.filter(({ status }) => status === 'bounced');
    if (sent + turnedAway.length === 0) return;
    const bounced = (await filterInTurn(turnedAway, ({ position }) => isFirst({ seq: found.seq, position }, 'bounced')))
      .length;
    const tally = { recipients: sent + turnedAway.length, bounced };
    await count([{ ...found, provider: attempts.at(-1)?.provider ?? '', tally }], at);
  };
}

/** A provider may tell what became of a message before the attempt that gave it to that provider is settled. */
function prepareEarly(db: Connection) {
  const told = toldSince(db);
  const raise = raiseStatuses(db);
  const statusesOf = db
    .prepare<[number], Status>('SELECT DISTINCT status FROM recipients WHERE message_seq = ?')
    .pluck();
  const setStatus = db.prepare('UPDATE messages SET status = ? WHERE seq = ?');
  return async (seq: number, startedAt: number, at: number) => {
    const early = await told(seq, startedAt);
    if (early.length === 0) return;
    await raise(seq, early, at);
    // Recipients of a part may have been raised before the end of the claim, which knew nothing of that.
    const all = await statusesOf.all(seq);
    if (!all.some((status) => openStatuses.includes(status))) await setStatus.run(messageStatus(all), seq);
  };
}

/** Counts the recipients that bounced; answers the addresses that are suppressed for it from now on. */
function prepareBounces(db: Connection) {
  const select = db.prepare<[number, number], { tenantNo: number; address: string }>(
    `SELECT m.tenant_no AS "tenantNo", r.address FROM recipients r JOIN messages m ON m.seq = r.message_seq
     WHERE r.message_seq = ? AND r.position = ?`,
  );
  const count = countHardBounce(db);
  return async (seq: number, { messageId, at, recipients }: Settlement): Promise<ReadonlySet<string>> => {
    const suppressed = new Set<string>();
    for (const { status, position, reply } of recipients) {
      const bounced = status === 'bounced' ? await select.get(seq, position) : undefined;
      if (bounced && (await count({ ...bounced, messageId, at, reply }))) suppressed.add(bounced.address);
    }
    return suppressed;
  };
}

function prepareAttempt(db: Connection) {
  const insert = db.prepare(
    `INSERT INTO attempts (message_seq, number, provider, started_at, ended_at, outcome, reply, counted, provider_message_id)
     VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM attempts WHERE message_seq = ?), ?, ?, ?, ?, ?, ?, ?)`,
  );
  const keepId = db.prepare(
    `INSERT INTO provider_messages (message_seq, number, position, id)
     SELECT message_seq, max(number), ?::bigint, ?::text FROM attempts WHERE message_seq = ? GROUP BY message_seq`,
  );
  const keepTranscript = db.prepare(
    `INSERT INTO attempt_transcripts (message_seq, number, transcript)
     SELECT message_seq, max(number), ?::text FROM attempts WHERE message_seq = ? GROUP BY message_seq`,
  );
  return async (seq: number, attempt: AttemptRecord) => {
    const { provider, startedAt, endedAt, outcome, reply, counted, providerMessageId, ids = [], transcript } = attempt;
    await insert.run(
      seq,
      seq,
      provider,
      startedAt,
      endedAt,
      outcome,
      reply ?? null,
      counted ? 1 : 0,
      providerMessageId ?? null,
    );
    for (const [position, id] of ids) await keepId.run(position, id, seq);
    if (transcript !== undefined) await keepTranscript.run(transcript, seq);
  };
}

function prepareRendition(db: Connection) {
  const upsert = db.prepare(
    `INSERT INTO renditions (message_seq, rendered_subject, rendered_html, rendered_text, kept) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (message_seq) DO UPDATE SET
       rendered_subject = coalesce(excluded.rendered_subject, renditions.rendered_subject),
       rendered_html = coalesce(excluded.rendered_html, renditions.rendered_html),
       rendered_text = coalesce(excluded.rendered_text, renditions.rendered_text),
       kept = coalesce(excluded.kept, renditions.kept)`,
  );
  const receive = db.prepare(
    'INSERT INTO inbox (message_seq, tenant_no, received_at, size, has_attachments) VALUES (?, ?, ?, ?, ?)',
  );
  return async ({ seq, tenantNo }: { seq: number; tenantNo: number }, { rendered, kept, at }: Settlement) => {
    if (rendered === undefined && kept === undefined) return;
    await upsert.run(seq, rendered?.subject ?? null, rendered?.html ?? null, rendered?.text ?? null, kept ?? null);
    if (kept !== undefined) await receive.run(seq, tenantNo, at, kept.byteLength, hasAttachments(kept) ? 1 : 0);
  };
}
