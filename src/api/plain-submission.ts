/**
 * The submission that a body asks for where all of it is plain text that is right. The shell reads with this one first,
 * because the schema takes longer to load than a message takes to store. Whatever it does not know is left to the schema,
 * which takes the same and tells what is wrong.
 */

import { toMailbox } from '../core/address.ts';
import { MAX_MAILBOXES_LENGTH, readMailboxList } from '../core/mailbox-list.ts';
import type { Mailbox, Submission } from '../core/message.ts';
import type { SenderDefault } from './to-submission.ts';
import { toSubmission } from './to-submission.ts';

/** More are left to the schema. */
const MAX_TEXTS = 1000;

const lists = ['to', 'cc', 'bcc', 'replyTo'] as const;
const bodies = ['htmlBody', 'textBody'] as const;
const known: readonly string[] = ['from', 'subject', ...lists, ...bodies];

/** Undefined where it is for the schema to say. */
export function readPlainSubmission(
  input: Readonly<Record<string, unknown>>,
  door: Submission['door'],
  { mailbox }: Pick<SenderDefault, 'mailbox'>,
): Submission | undefined {
  if (Object.keys(input).some((name) => !known.includes(name))) return undefined;
  const { subject } = input;
  const named = input.from === undefined ? mailbox && toMailbox(mailbox.email, mailbox.name) : mailboxesOf(input.from);
  const [from, another] = named === undefined || 'email' in named ? [named] : named;
  if (from === undefined || another !== undefined || typeof subject !== 'string') return undefined;

  const texts = bodies.filter((name) => input[name] !== undefined);
  if (texts.length === 0 || texts.some((name) => typeof input[name] !== 'string')) return undefined;
  const read = lists.map((name) => [name, input[name] === undefined ? undefined : mailboxesOf(input[name])] as const);
  if (read.some(([name, found]) => input[name] !== undefined && found === undefined)) return undefined;
  const { to, ...others } = Object.fromEntries(read) as Partial<Record<(typeof lists)[number], Mailbox[]>>;
  if (to === undefined || to.length === 0) return undefined;
  const content = Object.fromEntries(texts.map((name) => [name, String(input[name])]));
  return toSubmission({ ...others, to, subject, ...content }, { door, from });
}

/** Of one text or several; undefined where something in them is not a mailbox. */
function mailboxesOf(value: unknown): Mailbox[] | undefined {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (texts.length > MAX_TEXTS) return undefined;
  const found: Mailbox[] = [];
  for (const text of texts) {
    if (typeof text !== 'string' || text.length > MAX_MAILBOXES_LENGTH) return undefined;
    const { mailboxes, unreadable } = readMailboxList(text.trim(), { joinNames: true });
    if (mailboxes.length === 0 || unreadable.length > 0) return undefined;
    found.push(...mailboxes);
  }
  return found;
}
