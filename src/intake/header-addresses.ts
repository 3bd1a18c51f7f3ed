/**
 * The mailboxes of `From`, `To`, `Cc`, `Bcc` and `Reply-To` fields. Lists are read as far as they can be, because they
 * only say what is shown; `From` must be beyond doubt, because the tenant's allowed sender domains are checked against it.
 */

import addressparser from 'nodemailer/lib/addressparser';
import type { Mailbox } from '../core/message.ts';
import { parseMailbox, toMailbox } from './address.ts';
import { decodeText } from './header.ts';

/** Anything that makes a value more than `address` or `words <address>`. */
const NOT_PLAIN = /[,;:()"\\]|=\?|<.*</;
/** Quoted strings and comments: what stands in them is no address. */
const QUOTED = /"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)/g;

export interface AddressList {
  readonly mailboxes: readonly Mailbox[];
  /** What stands where an address should, and is none. */
  readonly unreadable: readonly string[];
}

/** Reads an address list (RFC 5322 §3.4); groups are flattened. */
export function readAddressList(value: string): AddressList {
  const plain = NOT_PLAIN.test(value) ? undefined : parseMailbox(value);
  if (plain !== undefined) return { mailboxes: [plain], unreadable: [] };
  const mailboxes: Mailbox[] = [];
  const unreadable: string[] = [];
  for (const { address, name } of addressparser(value, { flatten: true })) {
    const mailbox = toMailbox(address, decodeText(name)) ?? toMailbox(address);
    if (mailbox === undefined) unreadable.push(address || name);
    else mailboxes.push(mailbox);
  }
  return { mailboxes, unreadable };
}

/**
 * Reads the `Reply-To` fields of a header; undefined where another reader could take them for other mailboxes than these.
 * Outside quotes and comments each `@` must belong to a mailbox that was found.
 */
export function readReplyTo(values: readonly string[]): readonly Mailbox[] | undefined {
  const mailboxes: Mailbox[] = [];
  for (const value of values) {
    const found = readAddressList(value);
    const signs = value.replace(QUOTED, '').split('@').length - 1;
    if (found.unreadable.length > 0 || found.mailboxes.length !== signs) return undefined;
    mailboxes.push(...found.mailboxes);
  }
  return mailboxes;
}

/** Reads a `From` that names exactly one mailbox, in a way that no reader could take for another; else undefined. */
export function readFrom(value: string): Mailbox | undefined {
  const bare = value.replace(QUOTED, '').trim();
  const angles = bare.split('<').length - 1;
  const clear = angles === 0 ? bare.split('@').length === 2 : angles === 1 && bare.endsWith('>');
  if (!clear) return undefined;
  const { mailboxes, unreadable } = readAddressList(value);
  return mailboxes.length === 1 && unreadable.length === 0 ? mailboxes[0] : undefined;
}
