/** The suppression list: addresses are compared without regard to case. */

import { IepError } from '../../../core/errors.ts';
import { foldAddress } from '../../../core/fold.ts';
import { optional } from '../../rows/message-rows.ts';
import { areTooMany, entryOfBounces, entryOfComplaint, entryOfUnsubscribe } from '../../rules/bounces.ts';
import { changed, changeOf, strengthened } from '../../rules/suppression-merge.ts';
import type { Page } from '../../verbs/page.ts';
import type { Evidence, ListedSuppression, Suppression, SuppressionReason } from '../../verbs/suppressions.ts';
import type { Connection } from '../connection.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Pieces, Verb, VerbInput } from '../verb.ts';
import { walk } from '../walk.ts';

/** The entry that stands for all addresses of a domain. */
function wildcardOf(address: string): string {
  return address.slice(address.lastIndexOf('@'));
}

/**
 * Whether an address is suppressed at a time, for the verbs that ask inside their transaction. Two seeks in one statement:
 * with `email IN (?, ?)` SQLite fills a table first, which is measured at twice the time.
 */
export function suppressedIn(db: Connection): (tenantNo: number, address: string, now: number) => boolean {
  const one = `SELECT 1 FROM suppression_list WHERE tenant_no = +? AND email = +?
    AND (expires_at IS NULL OR expires_at > +?)`;
  const select = db
    .prepare<[number, string, number, number, string, number], number>(`${one} UNION ALL ${one} LIMIT 1`)
    .pluck();
  return (tenantNo, address, now) => {
    const email = address.toLowerCase();
    return select.get(tenantNo, email, now, tenantNo, wildcardOf(email), now) !== undefined;
  };
}

export const add: Verb<'suppressions.add'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const find = prepareActive(db);
    const put = preparePut(db);
    const size = db.prepare<[number], number>('SELECT suppressions FROM tenants WHERE no = +?').pluck();
    return ({ tenantId, entries, strengthenAt, max = Number.POSITIVE_INFINITY }) => {
      const tenant = tenantNo(tenantId);
      const before = size.get(tenant) ?? 0;
      const changes = entries.map((one) => {
        const entry = { ...one, email: one.email.toLowerCase() };
        const known = find(tenant, entry.email, strengthenAt ?? entry.createdAt);
        const next = strengthenAt === undefined ? changed(known, entry) : strengthened(known, entry);
        const change = changeOf(known, next);
        if (change !== 'unchanged') put(tenant, next);
        return change;
      });
      const after = size.get(tenant) ?? 0;
      // On a list that is full already, entries may still be changed.
      if (after > max && after > before) {
        throw new IepError(
          'conflict',
          `A tenant has at most ${max} suppressed addresses: remove some, or have the operator raise \`suppressions.maxPerTenant\`.`,
        );
      }
      return changes;
    };
  },
};

export const of: Verb<'suppressions.of'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const find = prepareActive(db);
    return ({ tenantId, emails, now }) => {
      const tenant = tenantNo(tenantId);
      return emails.flatMap((email) => find(tenant, email, now) ?? []);
    };
  },
};

export const remove: Verb<'suppressions.remove'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const remove = db.prepare('DELETE FROM suppression_list WHERE tenant_no = +? AND email = +?');
    const forget = db.prepare('DELETE FROM hard_bounces WHERE tenant_no = +? AND email = +?');
    return ({ tenantId, email }) => {
      const tenant = tenantNo(tenantId);
      forget.run(tenant, email.toLowerCase());
      return remove.run(tenant, email.toLowerCase()).changes > 0;
    };
  },
};

interface SuppressionColumns {
  email: string;
  reason: SuppressionReason;
  note: string | null;
  expires_at: number | null;
  created_at: number;
  evidence: string | null;
}

/** When an entry without an end expires. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** The cursor is the last address that was looked at, behind the number of its tenant where all are meant. */
export const list: Verb<'suppressions.list'> = {
  kind: 'scan',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const slugOf = db.prepare<[number], string>('SELECT slug FROM tenants WHERE no = +?').pluck();
    const tenants = db
      .prepare<[number], number>('SELECT no FROM tenants WHERE no >= +? AND removing_at IS NULL ORDER BY no')
      .pluck();
    const entries = prepareEntries(db);

    function* ofTenant(tenant: number, page: EntriesPage): Pieces<Page<ListedSuppression>> {
      const { rows, next } = yield* entries(tenant, page);
      const tenantSlug = slugOf.get(tenant) ?? '';
      return {
        items: rows.map((row) => ({ ...suppressionOf(row), tenantSlug })),
        ...(next !== undefined && { cursor: next }),
      };
    }

    function* ofAll({ limit, cursor, ...page }: EntriesPage): Pieces<Page<ListedSuppression>> {
      const [, first = '0', address = ''] = /^(\d{1,15}) (.*)$/s.exec(cursor ?? '') ?? [];
      const items: ListedSuppression[] = [];
      for (const tenant of tenants.all(Number(first))) {
        if (items.length === limit) return { items, cursor: `${tenant} ` };
        const after = tenant === Number(first) ? address : '';
        const found = yield* ofTenant(tenant, { ...page, limit: limit - items.length, cursor: after });
        items.push(...found.items);
        if (found.cursor !== undefined) return { items, cursor: `${tenant} ${found.cursor}` };
        yield;
      }
      return { items };
    }

    return ({ tenantId, ...page }) => (tenantId === undefined ? ofAll(page) : ofTenant(tenantNo(tenantId), page));
  },
};

type EntriesPage = Omit<VerbInput<'suppressions.list'>, 'tenantId'>;

function prepareEntries(db: Connection) {
  const endOf = db
    .prepare<[number, string, number], string>(
      'SELECT email FROM suppression_list WHERE tenant_no = +? AND email > +? ORDER BY email LIMIT 1 OFFSET +?',
    )
    .pluck();
  const select = db.prepare<
    [number, string, string | null, string | null, number, number, string, string | null, string | null, number],
    SuppressionColumns
  >(
    `SELECT email, reason, note, expires_at, created_at, NULL AS evidence FROM suppression_list
     WHERE tenant_no = +? AND email > +? AND (? IS NULL OR email <= ?)
       AND coalesce(expires_at, ${NEVER}) > +? AND coalesce(expires_at, ${NEVER}) <= +?
       AND instr(email, ?) > 0 AND (? IS NULL OR reason = ?)
     ORDER BY email LIMIT +?`,
  );
  return (tenant: number, { q = '', reason, state = 'active', limit, cursor = '', now }: EntriesPage) => {
    const endsAfter = state === 'active' ? now : -1;
    const endsBy = state === 'expired' ? now : NEVER;
    const sought = foldAddress(q);
    const why = reason ?? null;
    return walk<string, SuppressionColumns>({
      after: cursor,
      limit,
      end: (after, count) => endOf.get(tenant, after, count - 1),
      rows: ({ after, end = null, limit: room }) =>
        select.all(tenant, after, end, end, endsAfter, endsBy, sought, why, why, room),
      keyOf: ({ email }) => email,
    });
  };
}

export const get: Verb<'suppressions.get'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const select = db.prepare<[number, string, string, number], SuppressionColumns>(
      `SELECT email, reason, note, expires_at, created_at, evidence FROM suppression_list
       WHERE tenant_no = +? AND email IN (+?, +?)
       ORDER BY expires_at IS NULL OR expires_at > +? DESC, length(email) DESC LIMIT 1`,
    );
    return ({ tenantId, email, now }) => {
      const row = select.get(tenantNo(tenantId), email.toLowerCase(), wildcardOf(email.toLowerCase()), now);
      return row && suppressionOf(row);
    };
  },
};

export const sweep: Verb<'suppressions.sweep'> = {
  kind: 'write',
  patient: true,
  prepare(db) {
    const sweepList = db.prepare(
      `DELETE FROM suppression_list WHERE (tenant_no, email) IN
         (SELECT tenant_no, email FROM suppression_list WHERE expires_at < +? LIMIT +?)`,
    );
    const sweepBounces = db.prepare(
      `DELETE FROM hard_bounces WHERE (tenant_no, email, message_id) IN
         (SELECT tenant_no, email, message_id FROM hard_bounces WHERE at < +? LIMIT +?)`,
    );
    return ({ expiredBefore, bouncedBefore, limit }) => ({
      suppressions: sweepList.run(expiredBefore, limit).changes,
      bounces: sweepBounces.run(bouncedBefore, limit).changes,
    });
  },
};

/**
 * Counts a hard bounce of an address, once for each message, and suppresses the address when there are enough. Answers
 * whether it did. For the verbs that settle a message, inside their transaction; only who bounced costs anything.
 */
export function countHardBounce(
  db: Connection,
): (bounce: {
  tenantNo: number;
  address: string;
  messageId: string;
  at: number;
  reply?: string | undefined;
}) => boolean {
  const insert = db.prepare(
    'INSERT INTO hard_bounces (tenant_no, email, message_id, at, reply) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const select = db.prepare<[number, string], { at: number; messageId: string; reply: string | null }>(
    'SELECT at, message_id AS messageId, reply FROM hard_bounces WHERE tenant_no = +? AND email = +? ORDER BY at',
  );
  const setting = db
    .prepare<[number], number | null>(
      "SELECT json_extract(settings, '$.suppressAfterHardBounces') FROM tenants WHERE no = +?",
    )
    .pluck();
  const suppressed = suppressedIn(db);
  const put = preparePut(db);

  return ({ tenantNo, address, messageId, at, reply }) => {
    const email = address.toLowerCase();
    if (insert.run(tenantNo, email, messageId, at, reply ?? null).changes === 0) return false;
    const bounces = select
      .all(tenantNo, email)
      .map((bounce): Evidence => ({ at: bounce.at, messageId: bounce.messageId, ...optional('reply', bounce.reply) }));
    if (!areTooMany(bounces, setting.get(tenantNo) ?? undefined)) return false;
    if (suppressed(tenantNo, email, at)) return false;
    put(tenantNo, entryOfBounces(email, at, bounces));
    return true;
  };
}

/** Something that a recipient of a message did about it. */
interface Piece {
  readonly tenantNo: number;
  readonly address: string;
  readonly messageId: string;
  readonly at: number;
  readonly reply?: string | undefined;
}

/** Suppresses who complained, at once and without an end, whatever the list said before. */
export function prepareComplaint(db: Connection): (piece: Piece) => void {
  const put = preparePut(db);
  const known = prepareEvidence(db);
  return ({ tenantNo, address, ...piece }) => {
    const email = address.toLowerCase();
    put(tenantNo, entryOfComplaint(email, known(tenantNo, email), evidenceOf(piece)));
  };
}

/** Suppresses who unsubscribed; an entry that says more stays as strong as it is. */
export function prepareUnsubscribe(db: Connection): (piece: Piece) => void {
  const put = preparePut(db);
  const known = prepareEvidence(db);
  const active = prepareActive(db);
  return ({ tenantNo, address, ...piece }) => {
    const email = address.toLowerCase();
    const before = { active: active(tenantNo, email, piece.at), known: known(tenantNo, email) };
    put(tenantNo, entryOfUnsubscribe(email, before, evidenceOf(piece)));
  };
}

function evidenceOf({ at, messageId, reply }: Omit<Piece, 'tenantNo' | 'address'>): Evidence {
  return { at, messageId, ...(reply !== undefined && { reply }) };
}

function preparePut(db: Connection): (tenantNo: number, entry: Suppression) => void {
  const upsert = db.prepare(
    `INSERT INTO suppression_list (tenant_no, email, reason, note, expires_at, created_at, evidence) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant_no, email) DO UPDATE SET
       reason = excluded.reason, note = excluded.note, expires_at = excluded.expires_at,
       created_at = CASE WHEN expires_at <= excluded.created_at THEN excluded.created_at ELSE created_at END,
       evidence = coalesce(excluded.evidence, evidence)`,
  );
  return (tenantNo, { email, reason, note, expiresAt, createdAt, evidence }) => {
    const pieces = evidence === undefined ? null : JSON.stringify(evidence);
    upsert.run(tenantNo, email, reason, note ?? null, expiresAt ?? null, createdAt, pieces);
  };
}

/** The entry of an address that suppresses it at a time. */
function prepareActive(db: Connection): (tenantNo: number, email: string, now: number) => Suppression | undefined {
  const select = db.prepare<[number, string, number], SuppressionColumns>(
    `SELECT email, reason, note, expires_at, created_at, NULL AS evidence FROM suppression_list
     WHERE tenant_no = +? AND email = +? AND coalesce(expires_at, ${NEVER}) > +?`,
  );
  return (tenantNo, email, now) => {
    const row = select.get(tenantNo, email, now);
    return row && suppressionOf(row);
  };
}

function prepareEvidence(db: Connection): (tenantNo: number, email: string) => readonly Evidence[] {
  const select = db
    .prepare<[number, string], string | null>(
      'SELECT evidence FROM suppression_list WHERE tenant_no = +? AND email = +?',
    )
    .pluck();
  return (tenantNo, email) => JSON.parse(select.get(tenantNo, email) ?? '[]') as Evidence[];
}

function suppressionOf(row: SuppressionColumns): Suppression {
  return {
    email: row.email,
    reason: row.reason,
    ...optional('note', row.note),
    ...optional('expiresAt', row.expires_at),
    createdAt: row.created_at,
    ...optional('evidence', row.evidence === null ? null : (JSON.parse(row.evidence) as Evidence[])),
  };
}
