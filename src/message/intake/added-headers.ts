/** The header fields that a caller may add to a message: none that IEP writes itself, or that another server's word rests on. */

import { isAscii } from '../../core/fold.ts';

/** RFC 5322 §3.6.8: printable ASCII without the colon. */
const FIELD_NAME = /^[!-9;-~]{1,76}$/;

const reserved: readonly string[] = [
  // There is a field of the submission for these, or the platform says them.
  ...['from', 'sender', 'to', 'cc', 'bcc', 'reply-to', 'subject', 'date', 'message-id', 'mime-version'],
  // Servers on the way say these, and act on them.
  ...['received', 'received-spf', 'return-path', 'delivered-to', 'authentication-results'],
  ...['dkim-signature', 'domainkey-signature'],
];
const RESERVED_PREFIX = /^(?:content-|x-iep-|resent-|arc-)/;

/** Their values are message ids, URLs, addresses and tokens, in which no reader decodes an encoded word (RFC 2047 §5, RFC 2369 §2). */
const ASCII_ONLY =
  /^(?:in-reply-to|references|list-(?!id$).*|otp-token|disposition-notification-to|return-receipt-to|errors-to)$/;

/** Folding needs a space, and a line may have 998 octets (RFC 5322 §2.1.1). */
const UNFOLDABLE_LENGTH = 900;

/** Why this field may not be added; undefined when it may. */
export function addedHeaderFault(name: string, value: string): string | undefined {
  if (!FIELD_NAME.test(name)) return 'is not the name of a header field';
  const lower = name.toLowerCase();
  if (reserved.includes(lower) || RESERVED_PREFIX.test(lower)) return 'may not be set here';
  if (value.trim() === '') return 'must not be empty';
  if (ASCII_ONLY.test(lower) && !isAscii(value)) return 'must be ASCII; percent-encode other characters of a URL';
  if (value.split(/\s/).some((word) => word.length >= UNFOLDABLE_LENGTH))
    return 'must have a space at least every 900 characters';
  return undefined;
}
