/** Unsubscribes: addresses are compared without regard to case, as those of the suppression list. */

import { IepError } from '../../../core/errors.ts';
import { foldAddress } from '../../../core/fold.ts';
import type { ListedUnsubscribe, Unsubscribe, UnsubscribeWay } from '../../verbs/unsubscribes.ts';
import type { Connection } from '../connection.ts';
import { appendEvent } from '../events/events.ts';
import { prepareFindMessage } from '../messages/find-message.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';
import { walk } from '../walk.ts';

interface Columns {
  no: number;
  email: string;
  category: string;
  way: UnsubscribeWay;
  created_at: number;
}

/** Whether an address turned off a category, for the verbs that ask inside their transaction. */
export function unsubscribedIn(db: Connection): (tenantNo: number, address: string, category: string) => boolean {
  const select = db
    .prepare<[number, string, string], number>(
      "SELECT 1 FROM unsubscribes WHERE tenant_no = +? AND email = +? AND (category = +? OR category = '') LIMIT 1",
    )
    .pluck();
  return (tenantNo, address, category) => select.get(tenantNo, address.toLowerCase(), category) !== undefined;
}

/** A category that an address turns off, with the message by which it did. */
interface TurnedOff extends Pick<Unsubscribe, 'category' | 'way'> {
  readonly tenantNo: number;
  readonly address: string;
  readonly at: number;
  readonly messageSeq: number | undefined;
}

/** For each message, no more changes of a category are told than this. */
const TOLD_AT_MOST = 10;

/** Returns whether it was on before. */
export function prepareOptOut(db: Connection): (turned: TurnedOff) => boolean {
  const insert = db.prepare(
    'INSERT INTO unsubscribes (tenant_no, email, category, way, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const append = appendEvent(db);
  const told = db
    .prepare<[number, string, number], number>(
      `SELECT count(*) FROM (SELECT 1 FROM events
         WHERE message_seq = +? AND type = 'unsubscribed' AND recipient = +? LIMIT +?)`,
    )
    .pluck();
  const isTold = (messageSeq: number, address: string) =>
    (told.get(messageSeq, address, TOLD_AT_MOST) ?? 0) < TOLD_AT_MOST;
  return ({ tenantNo, address, category, way, at, messageSeq }) => {
    const isNew = insert.run(tenantNo, address.toLowerCase(), category, way, at).changes > 0;
    const data = { ...(category !== '' && { category }), way };
    if (isNew && messageSeq !== undefined && isTold(messageSeq, address))
      append(messageSeq, { type: 'unsubscribed', at, recipient: address, data });
    return isNew;
  };
}

export const add: Verb<'unsubscribes.add'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const find = prepareFindMessage(db);
    const turnOff = prepareOptOut(db);
    const size = db.prepare<[number], number>('SELECT unsubscribes FROM tenants WHERE no = +?').pluck();
    return ({ tenantId, email: address, category, way, messageId, now, max = Number.POSITIVE_INFINITY }) => {
      const messageSeq = messageId === undefined ? undefined : find(tenantId, messageId)?.seq;
      const tenant = tenantNo(tenantId);
      const isNew = turnOff({ tenantNo: tenant, address, category, way, at: now, messageSeq });
      if (isNew && (size.get(tenant) ?? 0) > max) throw new IepError('conflict', tooMany(max));
      return isNew;
    };
  },
};

const tooMany = (max: number) =>
  `A tenant has at most ${max} unsubscribes: remove some, or have the operator raise \`suppressions.maxPerTenant\`.`;

export const remove: Verb<'unsubscribes.remove'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const remove = db.prepare('DELETE FROM unsubscribes WHERE tenant_no = +? AND email = +? AND category = +?');
    return ({ tenantId, email, categories }) => {
      const tenant = tenantNo(tenantId);
      return categories.reduce((sum, category) => sum + remove.run(tenant, email.toLowerCase(), category).changes, 0);
    };
  },
};

export const of: Verb<'unsubscribes.of'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const select = db.prepare<[number, string], Columns>(
      'SELECT * FROM unsubscribes WHERE tenant_no = +? AND email = +? ORDER BY category',
    );
    return ({ tenantId, emails }) => {
      const tenant = tenantNo(tenantId);
      return emails.flatMap((email) => select.all(tenant, email.toLowerCase())).map(unsubscribeOf);
    };
  },
};

/** The cursor is the number of the last row that was looked at. */
export const list: Verb<'unsubscribes.list'> = {
  kind: 'scan',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const rowsOf = (whose: string) => ({
      end: db
        .prepare<[Record<string, string | number | null>], number>(
          `SELECT no FROM unsubscribes WHERE ${whose} no < @after ORDER BY no DESC LIMIT 1 OFFSET @offset`,
        )
        .pluck(),
      select: db.prepare<[Record<string, string | number | null>], Columns & { slug: string }>(
        `SELECT u.*, t.slug FROM unsubscribes u JOIN tenants t ON t.no = u.tenant_no
         WHERE ${whose} u.no < @after AND u.no >= @from AND t.removing_at IS NULL
           AND instr(u.email, @q) > 0 AND (@category IS NULL OR u.category = @category)
         ORDER BY u.no DESC LIMIT @limit`,
      ),
    });
    const [ofOne, ofAll] = [rowsOf('tenant_no = @tenant AND'), rowsOf('')];
    return function* ({ tenantId, q = '', category = null, limit, cursor }) {
      const { end, select } = tenantId === undefined ? ofAll : ofOne;
      const whose = tenantId === undefined ? {} : { tenant: tenantNo(tenantId) };
      const { rows, next } = yield* walk<number, Columns & { slug: string }>({
        after: cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor),
        limit,
        end: (after, count) => end.get({ ...whose, after, offset: count - 1 }),
        rows: ({ after, end: from = 0, limit: room }) =>
          select.all({ ...whose, after, from, q: foldAddress(q), category, limit: room }),
        keyOf: ({ no }) => no,
      });
      const items = rows.map((row): ListedUnsubscribe => ({ ...unsubscribeOf(row), tenantSlug: row.slug }));
      return { items, ...(next !== undefined && { cursor: String(next) }) };
    };
  },
};

function unsubscribeOf({ email, category, way, created_at: createdAt }: Columns): Unsubscribe {
  return { email, category, way, createdAt };
}
