/** What Postmark answers and what that means, row by row. What no row knows is judged as HTTP has it (../http/outcomes.ts). */

import { type AnswerRow, type AnswerTable, membersOf, messageIn } from '../http/outcomes.ts';

const CODES = 'https://postmarkapp.com/developer/api/overview#error-codes, read 2026-11-29';
/** The same list, where a program has each code with what it means. */
const LISTED = 'https://github.com/ActiveCampaign/postmark.js/issues/86, read 2026-11-30';
const INVALID = 'https://postmarkapp.com/support/article/1180-what-does-errorcode-300-mean, read 2026-11-29';

const saying = (status: number, ErrorCode: number, Message: string) => ({ status, body: { ErrorCode, Message } });
const INACTIVE =
  'You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: gone@example.com. ' +
  'Inactive recipients are ones that have generated a hard bounce, a spam complaint, or a manual suppression.';

export const postmarkRows: readonly AnswerRow[] = [
  // ------------------------------------------------------------------------------------------------ our pace, its health
  {
    samples: [saying(429, 429, 'Rate Limit Exceeded')],
    status: /./,
    says: { code: /^429$/ },
    means: { kind: 'throttled' },
    source: CODES,
  },
  {
    samples: [saying(422, 100, 'Maintenance'), saying(503, 100, 'Maintenance')],
    status: /./,
    says: { code: /^100$/ },
    means: { kind: 'unavailable' },
    source: CODES,
  },
  // ------------------------------------------------------------------------------------------------ this sender
  {
    samples: [
      saying(422, 400, 'The Sender Signature was not found.'),
      saying(422, 401, 'The Sender Signature is not confirmed.'),
    ],
    status: /./,
    says: { code: /^40[01]$/ },
    means: { kind: 'unavailable', account: true, sender: true },
    source: CODES,
  },
  // ------------------------------------------------------------------------------------------------ our account
  {
    samples: [
      saying(401, 10, 'No Account or Server API tokens were supplied in the HTTP headers.'),
      saying(422, 405, 'Not allowed to send: there are no credits left.'),
      saying(200, 412, 'The account is pending approval.'),
      saying(422, 413, 'The account may not send.'),
    ],
    status: /./,
    says: { code: /^(?:10|405|412|413)$/ },
    means: { kind: 'unavailable', account: true },
    source: CODES,
  },
  {
    samples: [
      saying(422, 1221, "The 'MessageStreamType' associated with this request was invalid."),
      saying(422, 1222, "A valid 'ID' must be provided."),
      saying(422, 1226, "The message stream for the provided 'ID' was not found."),
      saying(422, 1235, "The 'MessageStream' provided does not exist on this server."),
      saying(200, 1236, "Sending is not supported on the supplied 'MessageStream'."),
    ],
    status: /./,
    says: { code: /^12(?:2[126]|3[56])$/ },
    means: { kind: 'unavailable', account: true },
    source: `${CODES}; ${LISTED}; https://github.com/ActiveCampaign/postmark.js/issues/58: the stream is a setting of the provider`,
  },
  // ------------------------------------------------------------------------------------------------ one recipient
  {
    samples: [saying(200, 0, 'Message OK, but will not deliver to these inactive addresses: gone@example.com.')],
    status: /^200$/,
    says: { code: /^0$/ },
    means: { kind: 'rejected', bounce: 'other', of: 'recipient', others: 'delivered' },
    source: 'https://github.com/ActiveCampaign/postmark.js/issues/87, read 2026-11-29',
  },
  {
    samples: [saying(422, 406, INACTIVE), saying(200, 406, INACTIVE)],
    status: /./,
    says: { code: /^406$/ },
    // Suppressed there, for whatever it was.
    means: { kind: 'rejected', bounce: 'other', of: 'recipient' },
    source: `${CODES}; https://github.com/ActiveCampaign/postmark-gem/issues/128`,
  },
  {
    samples: [
      saying(422, 300, "Invalid 'To' address: 'gone@example'."),
      saying(422, 300, "Error parsing 'Cc': Illegal email domain 'example' in address 'gone@example'."),
    ],
    status: /./,
    says: { code: /^300$/, message: /^(?:invalid|error parsing) '(?:to|cc|bcc)'/i },
    means: { kind: 'rejected', bounce: 'hard', of: 'recipient' },
    source: INVALID,
  },
  // ------------------------------------------------------------------------------------------------ the message
  {
    samples: [
      saying(422, 300, 'Provide either email TextBody or HtmlBody or both.'),
      saying(422, 402, 'Invalid JSON'),
      saying(422, 403, 'Incompatible JSON'),
      saying(422, 409, 'JSON required'),
      saying(200, 411, 'Forbidden attachment type'),
    ],
    status: /./,
    says: { code: /^(?:300|402|403|409|410|411)$/ },
    means: { kind: 'rejected', bounce: 'content' },
    source: `${CODES}; ${INVALID}`,
  },
];

export const postmarkTable: AnswerTable = {
  rows: postmarkRows,
  faults(body) {
    const { ErrorCode, Message } = membersOf(body);
    if (typeof ErrorCode !== 'number') return [];
    const fault = { code: String(ErrorCode), message: messageIn(Message) };
    const addresses = addressesIn(fault.message);
    if (ErrorCode === 0 && addresses.length === 0) return [];
    return addresses.length === 0 ? [fault] : addresses.map((address) => ({ ...fault, address }));
  },
  words: ({ message = '', code }) => (code === '0' ? message : `${message} (${code})`),
};

/** `… inactive addresses: a@example.com, b@example.com. Inactive …`, or the last of what stands in quotation marks. */
function addressesIn(message: string): readonly string[] {
  const [, list] = message.split(/inactive addresses: /i, 2);
  if (list !== undefined)
    return list
      .split(/[\s,]+/)
      .map((word) => word.replace(/\.$/, ''))
      .filter((word) => word.includes('@'));
  return message
    .split("'")
    .filter((piece, index) => index % 2 === 1 && piece.includes('@'))
    .slice(-1);
}
