/** Turns a filter into a query. The only place where SQL depends on what the caller asked, hence drizzle. */

import { and, desc, eq, exists, gte, inArray, isNotNull, isNull, like, lt, or, type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import type { Status } from '../../../core/message.ts';
import type { MessageFilter } from '../../store.ts';
import type { Connection } from '../connection.ts';
import { BAD_ENDS } from '../rows.ts';
import { messages, outbox, recipients } from '../schema.ts';

export interface FilteredRow {
  readonly seq: number;
  readonly id: string;
  readonly status: Status;
  readonly createdAt: number;
  readonly isWaiting: boolean;
}

export interface FilterQuery {
  readonly tenantNo: number;
  readonly filter: MessageFilter;
  readonly limit: number;
  /** Only what somebody who asks to try again means, and not all the mail that was sent since. */
  readonly retryable?: boolean;
  readonly offset?: number;
  /** Only what comes after this row, newest first. */
  readonly after?: { readonly createdAt: number; readonly seq: number };
}

/** The messages that match, newest first. */
export function filterMessages(
  db: Connection,
  { tenantNo, filter, limit, offset, after, retryable }: FilterQuery,
): readonly FilteredRow[] {
  const conditions = [eq(messages.tenantNo, tenantNo), ...filterConditions(filter)];
  if (retryable) conditions.push(isRetryable(tenantNo, filter.status ?? []));
  if (after) {
    const older = lt(messages.createdAt, after.createdAt);
    const sameTime = and(eq(messages.createdAt, after.createdAt), lt(messages.seq, after.seq));
    conditions.push(sql`(${older} OR ${sameTime})`);
  }
  const rows = drizzle(db)
    .select({
      seq: messages.seq,
      id: messages.id,
      status: messages.status,
      createdAt: messages.createdAt,
      waiting: outbox.messageSeq,
    })
    .from(messages)
    .leftJoin(outbox, eq(outbox.messageSeq, messages.seq))
    .where(and(...conditions))
    .orderBy(desc(messages.createdAt), desc(messages.seq))
    .limit(limit)
    .offset(offset ?? 0)
    .all();
  return rows.map(({ waiting, status, ...row }) => ({ ...row, status: status as Status, isWaiting: waiting !== null }));
}

function filterConditions(filter: MessageFilter): SQL[] {
  const parts: (SQL | undefined)[] = [];
  if (filter.status !== undefined) parts.push(statusIs(filter.status));
  if (filter.recipient !== undefined) parts.push(hasRecipient(filter.recipient));
  if (filter.sender !== undefined) parts.push(isSender(filter.sender));
  if (filter.createdFrom !== undefined) parts.push(gte(messages.createdAt, filter.createdFrom));
  if (filter.createdBefore !== undefined) parts.push(lt(messages.createdAt, filter.createdBefore));
  if (filter.category !== undefined) parts.push(eq(messages.category, filter.category));
  if (filter.groupId !== undefined) parts.push(eq(messages.groupId, filter.groupId));
  if (filter.dead !== undefined) parts.push(eq(messages.dead, filter.dead ? 1 : 0));
  if (filter.tag !== undefined) {
    parts.push(sql`EXISTS (SELECT 1 FROM json_each(${messages.tags}) WHERE value = ${filter.tag})`);
  }
  if (filter.q !== undefined) parts.push(...filter.q.split(/\s+/).filter(Boolean).map(holdsWord));
  return parts.filter((part) => part !== undefined);
}

function statusIs(wanted: readonly Status[]): SQL | undefined {
  const kept = inArray(messages.status, [...wanted]);
  const leased = and(inArray(messages.status, ['queued', 'scheduled']), isNotNull(outbox.leaseOwner));
  // What is under way is kept as `queued` with a lease; the reader sees it as `processing`.
  const unleased = wanted.includes('processing') ? kept : and(kept, isNull(outbox.leaseOwner));
  const condition = wanted.includes('processing') ? or(kept, leased) : unleased;
  const bad = wanted.every((status) => BAD_ENDS.includes(`'${status}'`));
  // Said in the index's own words, so that SQLite may use it.
  return bad ? and(condition, sql.raw(`"messages"."status" IN (${BAD_ENDS})`)) : condition;
}

/** Each part by an index, because the writer waits. A dead letter may have reached some: then its status is `sent`. */
function isRetryable(tenantNo: number, asked: readonly Status[]): SQL {
  // Nothing failed there: sent again only by who asks for it by name, as after sending was off.
  const ends = asked.includes('suppressed') ? sql`'failed', 'bounced', 'suppressed'` : sql`'failed', 'bounced'`;
  // Nor there: what waits for its own time must not go out early by the way.
  const waiting = asked.includes('scheduled') ? sql`1` : sql`scheduled = 0`;
  return sql`${messages.seq} IN (
    SELECT seq FROM messages WHERE tenant_no = ${tenantNo} AND status IN (${ends}) AND status IN (${sql.raw(BAD_ENDS)})
    UNION ALL SELECT seq FROM messages WHERE tenant_no = ${tenantNo} AND dead = 1
    UNION ALL SELECT message_seq FROM outbox WHERE tenant_no = ${tenantNo} AND ${waiting})`;
}

function hasRecipient(recipient: string): SQL {
  const matches = recipient.startsWith('@')
    ? like(recipients.address, `%${escapeLike(recipient)}`)
    : inArray(recipients.address, [recipient, recipient.toLowerCase()]);
  return exists(sql`(SELECT 1 FROM ${recipients} WHERE ${recipients.messageSeq} = ${messages.seq} AND ${matches})`);
}

function isSender(sender: string): SQL {
  return sender.startsWith('@')
    ? like(messages.fromEmail, `%${escapeLike(sender)}`)
    : sql`lower(${messages.fromEmail}) = ${sender.toLowerCase()}`;
}

function holdsWord(word: string): SQL {
  const pattern = `%${escapeLike(word)}%`;
  return sql`(${messages.subject} LIKE ${pattern} ESCAPE '\\' OR ${messages.fromEmail} LIKE ${pattern} ESCAPE '\\'
    OR ${messages.id} = ${word} OR ${messages.messageIdHeader} = ${word}
    OR EXISTS (SELECT 1 FROM ${recipients} WHERE ${recipients.messageSeq} = ${messages.seq}
               AND ${recipients.address} LIKE ${pattern} ESCAPE '\\'))`;
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
