/** What comes back about mail: taken in batches, one commit each; listed; and swept where it belongs to nothing. */

import type { Json } from '../../../core/message.ts';
import type { Fate } from '../../../core/tally.ts';
import { type HitCounts, hitCount } from '../../../core/tracking.ts';
import { optional } from '../../rows/message-rows.ts';
import { tellingOfSuppression } from '../../rules/bounces.ts';
import { identityOf, looseIdentity } from '../../rules/feedback-identity.ts';
import { isHeldBack, lesserClass } from '../../rules/feedback-match.ts';
import { isHardBounce } from '../../rules/next-status.ts';
import { fateOf } from '../../rules/tally.ts';
import type {
  FeedbackDoor,
  FeedbackEvent,
  FeedbackKind,
  FeedbackMatch,
  FeedbackRow,
  NewFeedback,
  TakenFeedback,
} from '../../verbs/feedback.ts';
import { feedbackEvents } from '../../verbs/feedback.ts';
import type { Connection } from '../connection.ts';
import { appendEvent } from '../events/events.ts';
import { prepareCountHit } from '../hits/count.ts';
import { mapInTurn } from '../in-turn.ts';
import { countHardBounce, prepareComplaint, prepareUnsubscribe } from '../suppressions/suppressions.ts';
import { type Counted, prepareCount, prepareFirst } from '../tallies/tally.ts';
import { prepareOptOut } from '../unsubscribes/unsubscribes.ts';
import type { Verb, VerbInput } from '../verb.ts';
import { walk } from '../walk.ts';
import { type Matched, prepareFeedbackMatch } from './match.ts';
import { raiseStatuses } from './status.ts';

/** Tokens that are too old, with each that is used: more than one, so that they never pile up. */
const FORGOTTEN_AT_ONCE = 10;

export const record: Verb<'feedback.record'> = { kind: 'write', prepare: prepareTake };

export const recordOnce: Verb<'feedback.recordOnce'> = {
  kind: 'write',
  prepare(db) {
    const take = prepareTake(db);
    const use = db.prepare('INSERT INTO used_tokens (id, "until") VALUES (?, ?) ON CONFLICT DO NOTHING');
    const forget = db.prepare(
      'DELETE FROM used_tokens WHERE id IN (SELECT id FROM used_tokens WHERE "until" < ? LIMIT ?)',
    );
    return async ({ feedback, door, token: { id, until }, now }) => {
      if ((await use.run(id, until)).changes === 0) return undefined;
      await forget.run(now, FORGOTTEN_AT_ONCE);
      return take({ feedback, door, now });
    };
  },
};

function prepareTake(db: Connection): (input: VerbInput<'feedback.record'>) => Promise<TakenFeedback[]> {
  const find = prepareFeedbackMatch(db);
  const keep = prepareKeep(db);
  const apply = prepareApply(db);
  const count = prepareCount(db);
  const isToOne = prepareIsToOne(db);
  return async ({ feedback, door, now }) => {
    const counted: Counted[] = [];
    const taken = await mapInTurn(feedback, async (named): Promise<TakenFeedback> => {
      const { told, found } = await findAsCalled(find, named);
      const isHeld = isHeldBack(told, { isToOne: found === undefined || (await isToOne(found.seq)) });
      const match = found && isHeld ? ofNobody(found) : found;
      const reason = match?.recipient && lesserClass(told, match.recipient.address);
      const data = { ...(reason !== undefined && { class: reason }), ...(isHeld && { unproved: true }) };
      const given = { ...told, data: { ...told.data, ...data } };
      const provider = given.provider ?? match?.provider ?? undefined;
      const isNew = await keep(given, { match, provider, door, isHeld, now });
      if (isNew && match !== undefined) {
        const { fate, hits } = await apply(given, { match, provider, now });
        const { tenantNo, category, template, groupId } = match;
        const tally = fate === undefined ? {} : { [fate]: 1 };
        const of = { tenantNo, provider: provider ?? '', category, template, groupId };
        counted.push({ ...of, tally, ...(hits && { hits }) });
      }
      return {
        isNew,
        ...(match !== undefined && { match: matchOf(match) }),
        ...(reason !== undefined && { class: reason }),
        ...(provider !== undefined && { provider }),
      };
    });
    await count(counted, now);
    return taken;
  };
}

/** A message keeps the name that its provider had when it was sent, and feedback counts for that name. */
async function findAsCalled(
  find: ReturnType<typeof prepareFeedbackMatch>,
  told: NewFeedback,
): Promise<{ readonly told: NewFeedback; readonly found?: Matched }> {
  const found = await find(told);
  if (found !== undefined) return { told, found };
  for (const provider of told.formerNames ?? []) {
    const before = { ...told, provider };
    const match = await find(before);
    if (match !== undefined) return { told: before, found: match };
  }
  return { told };
}

function prepareIsToOne(db: Connection): (seq: number) => Promise<boolean> {
  const some = db.prepare<[number], unknown>('SELECT 1 FROM recipients WHERE message_seq = ? LIMIT 2');
  return async (seq) => (await some.all(seq)).length === 1;
}

function ofNobody({ recipient: _, ...match }: Matched): Matched {
  return match;
}

interface Arrived {
  readonly match: Matched | undefined;
  readonly provider: string | undefined;
  readonly now: number;
}

interface Keeping extends Arrived {
  readonly door: FeedbackDoor;
  /** It counts against nobody. */
  readonly isHeld: boolean;
}

/** What is kept of a recipient that comes to its return path: every recipient may write there, any number of times. */
const MAX_RETURNED = 50;

/** Keeps it where it was not known, or was known and belonged to nothing. */
function prepareKeep(db: Connection): (given: NewFeedback, arrived: Keeping) => Promise<boolean> {
  const known = db.prepare<[string], { no: number; isUnmatched: number }>(
    'SELECT no, message_seq IS NULL AS "isUnmatched" FROM feedback WHERE identity = ?',
  );
  const forget = db.prepare('DELETE FROM feedback WHERE no = ?');
  const countOf = db
    .prepare<[number, number, number], number>(
      'SELECT count(*) FROM (SELECT 1 FROM feedback WHERE message_seq = ? AND position = ? LIMIT ?) few',
    )
    .pluck();
  const insert = db.prepare(
    `INSERT INTO feedback (identity, message_seq, position, provider, door, kind, at, received_at, recipient, data)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (identity) DO NOTHING`,
  );
  return async (given, { match, provider, door, isHeld, now }) => {
    const isReturned = given.about.position !== undefined && match?.recipient !== undefined;
    if (isReturned && ((await countOf.get(match.seq, match.recipient.position, MAX_RETURNED)) ?? 0) >= MAX_RETURNED)
      return false;
    const loose = looseIdentity(given, isHeld);
    const identity = match === undefined || given.eventId !== undefined ? loose : identityOf(given, match);
    const put = async () =>
      (
        await insert.run(
          identity,
          match?.seq ?? null,
          match?.recipient?.position ?? null,
          provider ?? null,
          door,
          given.kind,
          given.at,
          now,
          given.recipient ?? null,
          JSON.stringify(given.data),
        )
      ).changes > 0;
    if (!(await put())) {
      const before = await known.get(identity);
      if (match === undefined || before?.isUnmatched !== 1) return false;
      // It came before its message did.
      await forget.run(before.no);
      return put();
    }
    const early = identity === loose ? undefined : await known.get(loose);
    if (early !== undefined) await forget.run(early.no);
    return true;
  };
}

/** What its recipient counts for from now on, and the hit that it tells of. */
interface Applied {
  readonly fate?: Fate | undefined;
  readonly hits?: Partial<HitCounts>;
}

/** History, suppressions and status, of what is new and has its message. */
function prepareApply(db: Connection): (given: NewFeedback, arrived: Arrived & { match: Matched }) => Promise<Applied> {
  // Its settlement holds the same row: one of the two sees what the other wrote.
  const hold = db.prepare('SELECT 1 FROM messages WHERE seq = ? FOR NO KEY UPDATE');
  const append = appendEvent(db);
  const raise = raiseStatuses(db);
  const count = countHardBounce(db);
  const isFirst = prepareFirst(db);
  const countHit = prepareCountHit(db);
  const complain = prepareComplaint(db);
  const unsubscribe = prepareUnsubscribe(db);
  const turnOff = prepareTurnOff(db);

  /** The addresses that this hard bounce was the one too many of. */
  async function suppress(
    { kind, at, data, about }: NewFeedback,
    { tenantNo, messageId, recipient }: Matched,
  ): Promise<ReadonlySet<string>> {
    const reply = typeof data.diagnostic === 'string' ? data.diagnostic : undefined;
    const piece = recipient && { tenantNo, address: recipient.address, messageId, at, reply };
    if (piece === undefined) return new Set();
    if (kind === 'complained') await complain(piece);
    if (kind === 'unsubscribed' && !about.unsubscribes) await unsubscribe(piece);
    return isHardBounce({ kind, data }) && (await count(piece)) ? new Set([piece.address]) : new Set();
  }

  return async (given, { match, provider, now }) => {
    await hold.get(match.seq);
    const { kind, at } = given;
    if (!isEvent(kind)) return {};
    const { seq, recipient } = match;
    const off = given.about.unsubscribes && (await turnOff(match, at));
    if (off === 'known') return {};
    const data: NewFeedback['data'] = { ...given.data, ...off };
    const event = {
      ...{ type: kind, at },
      ...(recipient !== undefined && { recipient: recipient.address }),
      data: { ...data, source: provider ?? null },
    };
    await append(seq, tellingOfSuppression(event, await suppress(given, match)));
    if (recipient === undefined) return {};
    const { position } = recipient;
    await raise(seq, [{ kind, data, position }], now);
    const fate = fateOf({ kind, data });
    const first = fate !== undefined && (await isFirst({ seq, position }, fate)) ? { fate } : {};
    if (kind !== 'opened' && kind !== 'clicked') return first;
    const actor = data.actor === 'machine' ? 'machine' : 'unknown';
    await countHit({ seq, position, kind, actor, at });
    return { ...first, hits: { [hitCount(kind, actor)]: 1 } };
  };
}

/** What the message is, for the recipient who writes to the address that it names for this. */
function prepareTurnOff(
  db: Connection,
): (match: Matched, at: number) => Promise<{ category: string } | 'known' | undefined> {
  const categoryOf = db.prepare<[number], string | null>('SELECT unsubscribe FROM messages WHERE seq = ?').pluck();
  const optOut = prepareOptOut(db);
  return async ({ seq, tenantNo, recipient }, at) => {
    const category = await categoryOf.get(seq);
    if (recipient === undefined || typeof category !== 'string') return undefined;
    const isNew = await optOut({
      tenantNo,
      address: recipient.address,
      category,
      way: 'mail',
      at,
      messageSeq: undefined,
    });
    return isNew ? { category } : 'known';
  };
}

function isEvent(kind: FeedbackKind): kind is FeedbackEvent {
  return (feedbackEvents as readonly FeedbackKind[]).includes(kind);
}

function matchOf({ tenantId, messageId, recipient }: Matched): FeedbackMatch {
  return { tenantId, messageId, ...(recipient !== undefined && { recipient: recipient.address }) };
}

interface FeedbackColumns {
  no: number;
  provider: string | null;
  door: FeedbackDoor;
  kind: FeedbackKind;
  at: number;
  received_at: number;
  recipient: string | null;
  data: string;
  message_id: string | null;
  tenant_id: string | null;
  slug: string | null;
  address: string | null;
}

export const list: Verb<'feedback.list'> = {
  kind: 'scan',
  prepare(db) {
    const endOf = db
      .prepare<[number, number], number>('SELECT no FROM feedback WHERE no < ? ORDER BY no DESC LIMIT 1 OFFSET ?')
      .pluck();
    const select = db.prepare<[Record<string, string | number | null>], FeedbackColumns>(
      `SELECT f.no, f.provider, f.door, f.kind, f.at, f.received_at, f.recipient, f.data,
         m.id AS message_id, t.id AS tenant_id, t.slug, r.address
       FROM feedback f LEFT JOIN messages m ON m.seq = f.message_seq LEFT JOIN tenants t ON t.no = m.tenant_no
         LEFT JOIN recipients r ON r.message_seq = f.message_seq AND r.position = f.position
       WHERE f.no < @before AND f.no >= @from AND f.received_at >= @since AND (@provider::text IS NULL OR f.provider = @provider)
       ORDER BY f.no DESC LIMIT @limit`,
    );
    return async ({ provider = null, since = 0, limit, cursor }) => {
      const { rows, next } = await walk<number, FeedbackColumns>({
        after: cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor),
        limit,
        end: (before, count) => endOf.get(before, count - 1),
        rows: ({ after: before, end, limit: room }) =>
          select.all({ provider, since, before, from: end ?? 0, limit: room }),
        keyOf: ({ no }) => no,
      });
      return { items: rows.map(rowOf), ...(next !== undefined && { cursor: String(next) }) };
    };
  },
};

function rowOf(row: FeedbackColumns): FeedbackRow {
  const { message_id: messageId, tenant_id: tenantId, slug: tenant } = row;
  const match = messageId !== null && tenantId !== null && tenant !== null && { tenantId, tenant, messageId };
  return {
    door: row.door,
    kind: row.kind,
    at: row.at,
    receivedAt: row.received_at,
    ...optional('provider', row.provider),
    ...optional('recipient', row.recipient),
    data: JSON.parse(row.data) as { [name: string]: Json },
    ...(match && { match: { ...match, ...optional('recipient', row.address) } }),
  };
}

export const sweep: Verb<'feedback.sweep'> = {
  kind: 'write',
  prepare(db) {
    const sweep = db.prepare(
      `DELETE FROM feedback WHERE no IN
         (SELECT no FROM feedback WHERE message_seq IS NULL AND received_at < ? LIMIT ?)`,
    );
    return async ({ receivedBefore, limit }) => (await sweep.run(receivedBefore, limit)).changes;
  },
};
