/**
 * The recipients of an envelope as one text: in the field `X-IEP-Rcpt-To` of a request, or of the message where there are
 * too many of them for the header of a request.
 */

import { readMailboxList } from '../../core/mailbox-list.ts';

export interface RcptList {
  readonly addresses: readonly string[];
  /** One for each piece that names no mailbox. */
  readonly faults: readonly string[];
}

/** Fields of HTTP hold no UTF-8, and a local part may hold a comma: so addresses may be percent-encoded (RFC 3986 §2.1). */
export function readRcptList(text: string): RcptList {
  const items = text.includes('%') ? text.split(',').map(decodePercent) : [text];
  const lists = items.map((item) => readMailboxList(item));
  return {
    addresses: lists.flatMap(({ mailboxes }) => mailboxes.map(({ email }) => email)),
    faults: lists.flatMap(({ unreadable }) => unreadable.map((one) => `"${one.text}" ${one.fault}`)),
  };
}

/** A percent sign that encodes nothing stands for itself. */
export function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
