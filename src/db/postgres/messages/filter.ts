/** A filter as conditions on a row of `messages AS m`. The only place where SQL depends on what the caller asked. */

import { foldAddress, foldText, isAscii } from '../../../core/fold.ts';
import type { MessageFilter } from '../../verbs/messages.ts';

export interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** Statuses of messages that owe work: these have an entry in the outbox. */
export const OPEN_STATUSES: readonly string[] = ['queued', 'scheduled', 'processing'];

export function filterConditions(filter: MessageFilter): readonly Condition[] {
  const { status, recipient, sender, createdFrom, createdBefore, category, groupId, template, provider, dead, tag, q } =
    filter;
  const parts: Condition[] = [];
  const add = (sql: string, ...values: readonly (string | number)[]) => parts.push({ sql, values });
  if (status !== undefined) parts.push(statusIs(status));
  if (recipient !== undefined) parts.push(hasRecipient(recipient));
  if (sender !== undefined) parts.push(isAddress('m.from_email', sender));
  if (createdFrom !== undefined) add('m.created_at >= ?', createdFrom);
  if (createdBefore !== undefined) add('m.created_at < ?', createdBefore);
  if (category !== undefined) add('m.category = ?', category);
  if (groupId !== undefined) add('m.group_id = ?', groupId);
  if (template !== undefined) add('m.template = ?', template);
  if (provider !== undefined) add('m.provider = ?', provider);
  if (dead !== undefined) parts.push({ sql: `m.dead ${dead ? '=' : '<>'} 1`, values: [] });
  if (tag !== undefined) add('EXISTS (SELECT 1 FROM jsonb_array_elements_text(m.tags::jsonb) tag WHERE tag = ?)', tag);
  if (q !== undefined) parts.push(...q.split(/\s+/).filter(Boolean).map(holdsWord));
  return parts;
}

/** What is under way is kept as `queued` or `scheduled` with a lease; the reader sees it as `processing`. */
function statusIs(wanted: readonly string[]): Condition {
  const isLeased = 'EXISTS (SELECT 1 FROM outbox o WHERE o.message_seq = m.seq AND o.lease_owner IS NOT NULL)';
  const isKept = `m.status IN (${wanted.map(() => '?').join(', ')})`;
  const isOpen = "m.status IN ('queued', 'scheduled')";
  const sql = wanted.includes('processing')
    ? `(${isKept} OR (${isOpen} AND ${isLeased}))`
    : `${isKept} AND NOT (${isOpen} AND ${isLeased})`;
  return { sql, values: wanted };
}

/** The mail of a row of `messages AS m` has this recipient; or any at `@domain`. */
export function hasRecipient(wanted: string): Condition {
  const { sql, values } = isAddress('r.address', wanted);
  return { sql: `EXISTS (SELECT 1 FROM recipients r WHERE r.message_seq = m.seq AND ${sql})`, values };
}

/** The same mailbox in any spelling; or any at `@domain`. Stored domains are A-labels, so their end can be compared as it is. */
function isAddress(column: string, wanted: string): Condition {
  const address = foldAddress(wanted);
  if (address.startsWith('@')) {
    return { sql: `lower(right(${column}, ?)) = ?`, values: [address.length, address] };
  }
  return isAscii(address)
    ? { sql: `lower(${column}) = lower(?)`, values: [address] }
    : { sql: `fold_address(${column}) = ?`, values: [address] };
}

function holdsWord(word: string): Condition {
  const id = word.toLowerCase();
  const header = word.startsWith('<') ? word : `<${word}>`;
  const holds = isAscii(word) ? asLike(word) : asFolded(foldText(word));
  return {
    sql: `(${holds.text('m.subject')} OR ${holds.address('m.from_email')} OR m.id = ? OR m.message_id_header = ?
      OR EXISTS (SELECT 1 FROM recipients r WHERE r.message_seq = m.seq AND ${holds.address('r.address')}))`,
    values: [holds.value, holds.value, id, header, holds.value],
  };
}

/** A text holds a part, in any case and alphabet. `column` is SQL of ours. */
export function holdsPart(column: string, part: string): Condition {
  const holds = isAscii(part) ? asLike(part) : asFolded(foldText(part));
  return { sql: holds.text(column), values: [holds.value] };
}

interface Holds {
  readonly text: (column: string) => string;
  readonly address: (column: string) => string;
  readonly value: string;
}

/** Columns of text are compared byte by byte, so that this folds ASCII alone. */
function asLike(word: string): Holds {
  const isLike = (column: string) => `${column} ILIKE ?`;
  return { text: isLike, address: isLike, value: `%${escapeLike(word)}%` };
}

/** An international domain is stored as A-labels. */
function asFolded(word: string): Holds {
  return {
    text: (column) => `strpos(fold(${column}), ?) > 0`,
    address: (column) => `strpos(readable_address(${column}), ?) > 0`,
    value: word,
  };
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
