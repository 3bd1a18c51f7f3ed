/**
 * The submission that a body asks for where all of it is of the usual kind and right. It is read with this first: the schema
 * takes five times as long, and the shell would wait longer for it to load than for its message to be stored. Whatever this
 * does not know is left to the schema, which takes the same and tells what is wrong.
 */

import { toMailbox } from '../core/address.ts';
import { MAX_MAILBOXES_LENGTH, readMailboxList } from '../core/mailbox-list.ts';
import type { Mailbox, Submission } from '../core/message.ts';
import type { SenderDefault } from './to-submission.ts';
import { toSubmission } from './to-submission.ts';

/** More are left to the schema. */
const MAX_MAILBOXES = 1000;
const MAX_EMAIL_LENGTH = 320;
const MAX_NAME_LENGTH = 255;
const MAX_LABEL_LENGTH = 255;

const known: ReadonlySet<string> = new Set([
  ...['from', 'to', 'cc', 'bcc', 'replyTo', 'subject', 'htmlBody', 'textBody', 'idempotencyKey'],
]);

/** Undefined where it is for the schema to say. */
export function readPlainSubmission(
  input: Readonly<Record<string, unknown>>,
  door: Submission['door'],
  sender: Pick<SenderDefault, 'mailbox'> | undefined,
): Submission | undefined {
  for (const name of Object.keys(input)) if (!known.has(name)) return undefined;
  const { subject, htmlBody, textBody, idempotencyKey } = input;
  if (typeof subject !== 'string' || !isTextOrAbsent(htmlBody) || !isTextOrAbsent(textBody)) return undefined;
  if (htmlBody === undefined && textBody === undefined) return undefined;
  if (!isTextOrAbsent(idempotencyKey) || idempotencyKey === '' || (idempotencyKey?.length ?? 0) > MAX_LABEL_LENGTH)
    return undefined;

  const { mailbox } = sender ?? {};
  const senders =
    input.from === undefined && mailbox !== undefined ? [toMailbox(mailbox.email, mailbox.name)] : readAll(input.from);
  const [from, another] = senders ?? [];
  const to = readAll(input.to);
  const cc = input.cc === undefined ? [] : readAll(input.cc);
  const bcc = input.bcc === undefined ? [] : readAll(input.bcc);
  const replyTo = input.replyTo === undefined ? [] : readAll(input.replyTo);
  if (from === undefined || another !== undefined || Array.isArray(input.from)) return undefined;
  if (to === undefined || to.length === 0 || cc === undefined || bcc === undefined || replyTo === undefined)
    return undefined;
  return toSubmission({ to, cc, bcc, replyTo, subject, htmlBody, textBody, idempotencyKey }, { door, from });
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

/** Of one mailbox or several; undefined where something in them is none. */
function readAll(value: unknown): Mailbox[] | undefined {
  if (!Array.isArray(value)) return readOne(value);
  if (value.length > MAX_MAILBOXES) return undefined;
  const found: Mailbox[] = [];
  for (const one of value) {
    const mailboxes = readOne(one);
    if (mailboxes === undefined) return undefined;
    for (const mailbox of mailboxes) found.push(mailbox);
  }
  return found;
}

/** A text may name several. */
function readOne(value: unknown): Mailbox[] | undefined {
  if (typeof value !== 'string') return readParts(value);
  if (value.length > MAX_MAILBOXES_LENGTH) return undefined;
  const { mailboxes, unreadable } = readMailboxList(value.trim(), { joinNames: true });
  return mailboxes.length === 0 || unreadable.length > 0 ? undefined : [...mailboxes];
}

/** `{"email": …, "name": …}`. */
function readParts(value: unknown): [Mailbox] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { email, name, ...others } = value as { readonly [member: string]: unknown };
  for (const _ in others) return undefined;
  if (typeof email !== 'string' || email.length > MAX_EMAIL_LENGTH) return undefined;
  if (!isTextOrAbsent(name) || (name?.length ?? 0) > MAX_NAME_LENGTH) return undefined;
  const mailbox = toMailbox(email, name);
  return mailbox && [mailbox];
}
