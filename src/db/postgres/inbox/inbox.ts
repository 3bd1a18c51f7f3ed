/** The inbox is walked from its end, a piece at a time: it has rows of what is kept alone, whatever the history is. */

import { optional } from '../../rows/message-rows.ts';
import type { InboxFilter, InboxRow } from '../../verbs/inbox.ts';
import type { Connection } from '../connection.ts';
import { type Condition, hasRecipient, holdsPart } from '../messages/filter.ts';
import { notOurs } from '../messages/messages.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

interface Found {
  no: number;
  seq: number;
  id: string;
  slug: string;
  from_email: string;
  from_name: string | null;
  subject: string;
  received_at: number;
  size: number;
  has_attachments: number;
}

/** Rows in one piece. */
const PIECE = 500;
/** Rows that one call looks at; then it answers what it has, and where to go on. */
const LOOK = 250_000;

export const list: Verb<'inbox.list'> = {
  kind: 'scan',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const endOf = preparePieces(db);
    const selectTo = db
      .prepare<[number], string>('SELECT address FROM recipients WHERE message_seq = ? ORDER BY position')
      .pluck();
    return async ({ tenantId, filter, limit, cursor }) => {
      const tenant = tenantId === undefined ? undefined : await tenantNo(tenantId);
      const matching = prepareMatching(db, tenant, conditionsOf(filter));
      const items: InboxRow[] = [];
      let before = cursor === undefined ? Number.MAX_SAFE_INTEGER : readCursor(cursor);
      for (let looked = 0; looked < LOOK; looked += PIECE) {
        const end = await endOf(tenant, before);
        for (const row of await matching({ before, from: end ?? 0, limit: limit + 1 - items.length })) {
          if (items.length === limit) return { items, cursor: String(before) };
          items.push(rowOf(row, await selectTo.all(row.seq)));
          before = row.no;
        }
        if (end === undefined) return { items };
        before = end;
      }
      return { items, cursor: String(before) };
    };
  },
};

export const newest: Verb<'inbox.newest'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const ofTenant = db
      .prepare<[number], number>('SELECT no FROM inbox WHERE tenant_no = ? ORDER BY no DESC LIMIT 1')
      .pluck();
    const ofAll = db.prepare<[], number | null>('SELECT max(no) FROM inbox').pluck();
    return async ({ tenantId }) =>
      (tenantId === undefined ? await ofAll.get() : await ofTenant.get(await tenantNo(tenantId)))?.toString();
  },
};

const SUBJECT = 'coalesce(n.rendered_subject, m.subject)';

function conditionsOf({ to, subject, since }: InboxFilter): readonly Condition[] {
  return [
    ...(to === undefined ? [] : [hasRecipient(to)]),
    ...(subject === undefined ? [] : [holdsPart(SUBJECT, subject)]),
    ...(since === undefined ? [] : [{ sql: 'i.received_at >= ?', values: [since] }]),
  ];
}

/** Makes the function that says where a piece ends; undefined where it is the last. */
function preparePieces(db: Connection): (tenant: number | undefined, before: number) => Promise<number | undefined> {
  const ofTenant = db
    .prepare<[number, number, number], number>(
      'SELECT no FROM inbox WHERE tenant_no = ? AND no < ? ORDER BY no DESC LIMIT 1 OFFSET ?',
    )
    .pluck();
  const ofAll = db
    .prepare<[number, number], number>('SELECT no FROM inbox WHERE no < ? ORDER BY no DESC LIMIT 1 OFFSET ?')
    .pluck();
  return async (tenant, before) =>
    tenant === undefined ? await ofAll.get(before, PIECE - 1) : await ofTenant.get(tenant, before, PIECE - 1);
}

/** Tenants that are being removed are left out. */
function prepareMatching(db: Connection, tenant: number | undefined, narrowing: readonly Condition[]) {
  const conditions = [...(tenant === undefined ? [] : [{ sql: 'i.tenant_no = ?', values: [tenant] }]), ...narrowing];
  const select = db.prepare<unknown[], Found>(
    `SELECT i.no, m.seq, m.id, t.slug, m.from_email, m.from_name, ${SUBJECT} AS subject, i.received_at, i.size, i.has_attachments
     FROM inbox i JOIN messages m ON m.seq = i.message_seq JOIN tenants t ON t.no = i.tenant_no
       LEFT JOIN renditions n ON n.message_seq = m.seq
     WHERE ${['i.no < ? AND i.no >= ? AND t.removing_at IS NULL', ...conditions.map(({ sql }) => `(${sql})`)].join(' AND ')}
     ORDER BY i.no DESC LIMIT ?`,
  );
  const values = conditions.flatMap((condition) => condition.values);
  return (range: { before: number; from: number; limit: number }) =>
    select.all(range.before, range.from, ...values, range.limit);
}

function rowOf(row: Found, to: readonly string[]): InboxRow {
  return {
    messageId: row.id,
    tenantSlug: row.slug,
    from: { email: row.from_email, ...optional('name', row.from_name) },
    to,
    subject: row.subject,
    receivedAt: row.received_at,
    size: row.size,
    hasAttachments: row.has_attachments === 1,
  };
}

function readCursor(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw notOurs();
  return Number(cursor);
}
