/** Unsubscribes: addresses are compared without regard to case, as those of the suppression list. */

import { IepError } from '../../../core/errors.ts';
import { foldAddress } from '../../../core/fold.ts';
import type { ListedUnsubscribe, Unsubscribe, UnsubscribeWay } from '../../verbs/unsubscribes.ts';
import type { Connection } from '../connection.ts';
import { appendEvent } from '../events/events.ts';
import { flatMapInTurn, sumInTurn } from '../in-turn.ts';
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
export function unsubscribedIn(
  db: Connection,
): (tenantNo: number, address: string, category: string) => Promise<boolean> {
  const select = db
    .prepare<[number, string, string], number>(
      "SELECT 1 FROM unsubscribes WHERE tenant_no = ? AND email = ? AND (category = ? OR category = '') LIMIT 1",
    )
    .pluck();
  return async (tenantNo, address, category) =>
    (await select.get(tenantNo, address.toLowerCase(), category)) !== undefined;
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
export function prepareOptOut(db: Connection): (turned: TurnedOff) => Promise<boolean> {
  const insert = db.prepare(
    'INSERT INTO unsubscribes (tenant_no, email, category, way, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const append = appendEvent(db);
  const told = db
    .prepare<[number, string, number], number>(
      `SELECT count(*) FROM (SELECT 1 FROM events
         WHERE message_seq = ? AND type = 'unsubscribed' AND recipient = ? LIMIT ?) few`,
    )
    .pluck();
  const isTold = async (messageSeq: number, address: string) =>
    ((await told.get(messageSeq, address, TOLD_AT_MOST)) ?? 0) < TOLD_AT_MOST;
  return async ({ tenantNo, address, category, way, at, messageSeq }) => {
    const isNew = (await insert.run(tenantNo, address.toLowerCase(), category, way, at)).changes > 0;
    const data = { ...(category !== '' && { category }), way };
    if (isNew && messageSeq !== undefined && (await isTold(messageSeq, address)))
      await append(messageSeq, { type: 'unsubscribed', at, recipient: address, data });
    return isNew;
  };
}

export const add: Verb<'unsubscribes.add'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const find = prepareFindMessage(db);
    const turnOff = prepareOptOut(db);
    const size = db.prepare<[number], number>('SELECT unsubscribes FROM tenants WHERE no = ?').pluck();
    return async ({ tenantId, email: address, category, way, messageId, now, max = Number.POSITIVE_INFINITY }) => {
      const messageSeq = messageId === undefined ? undefined : (await find(tenantId, messageId))?.seq;
      const tenant = await tenantNo(tenantId);
      const isNew = await turnOff({ tenantNo: tenant, address, category, way, at: now, messageSeq });
      if (isNew && ((await size.get(tenant)) ?? 0) > max) throw new IepError('conflict', tooMany(max));
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
    const remove = db.prepare('DELETE FROM unsubscribes WHERE tenant_no = ? AND email = ? AND category = ?');
    return async ({ tenantId, email, categories }) => {
      const tenant = await tenantNo(tenantId);
      return sumInTurn(
        categories,
        async (category) => (await remove.run(tenant, email.toLowerCase(), category)).changes,
      );
    };
  },
};

export const of: Verb<'unsubscribes.of'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const select = db.prepare<[number, string], Columns>(
      'SELECT * FROM unsubscribes WHERE tenant_no = ? AND email = ? ORDER BY category',
    );
    return async ({ tenantId, emails }) => {
      const tenant = await tenantNo(tenantId);
      return (await flatMapInTurn(emails, (email) => select.all(tenant, email.toLowerCase()))).map(unsubscribeOf);
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
           AND strpos(u.email, @q) > 0 AND (@category::text IS NULL OR u.category = @category)
         ORDER BY u.no DESC LIMIT @limit`,
      ),
    });
    const [ofOne, ofAll] = [rowsOf('tenant_no = @tenant AND'), rowsOf('')];
    return async ({ tenantId, q = '', category = null, limit, cursor }) => {
      const { end, select } = tenantId === undefined ? ofAll : ofOne;
      const whose = tenantId === undefined ? {} : { tenant: await tenantNo(tenantId) };
      const { rows, next } = await walk<number, Columns & { slug: string }>({
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
