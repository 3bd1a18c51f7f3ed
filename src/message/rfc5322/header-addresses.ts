/**
 * The mailboxes of `From`, `To`, `Cc`, `Bcc` and `Reply-To` fields. Lists are read as far as they can be, because they
 * only say what is shown; `From` must be beyond doubt, because the tenant's allowed sender domains are checked against it.
 */

import { isUnsafeText } from '../../core/address.ts';
import { type MailboxList, readMailboxList } from '../../core/mailbox-list.ts';
import type { Mailbox } from '../../core/message.ts';
import { decodeText } from './header.ts';

/** Reads an address list (RFC 5322 §3.4); groups are flattened. */
export function readAddressList(value: string): MailboxList {
  return readMailboxList(value.replaceAll('\t', ' '), { decode: decodeText });
}

/** Reads fields of one name, each a list; undefined where another reader could take them for other mailboxes than these. */
export function readClearly(values: readonly string[]): readonly Mailbox[] | undefined {
  const mailboxes: Mailbox[] = [];
  for (const value of values) {
    const found = readAddressList(value);
    // Encoded words may hold control characters, at which some readers cut the name off and others the address.
    if (!found.clear || isUnsafeText(decodeText(value).replaceAll('\t', ' '))) return undefined;
    mailboxes.push(...found.mailboxes);
  }
  return mailboxes;
}

/** Reads a `From` that names exactly one mailbox, in a way that no reader could take for another; else undefined. */
export function readFrom(value: string): Mailbox | undefined {
  const [mailbox, second] = readClearly([value]) ?? [];
  return second === undefined ? mailbox : undefined;
}
