/** What Mailgun answers and what that means, row by row. What no row knows is judged as HTTP has it (../http/outcomes.ts). */

import { type AnswerRow, type AnswerTable, membersOf } from '../http/outcomes.ts';

const OPENAPI =
  'https://github.com/mailgun/mailgun-mcp-server src/openapi.yaml at 78d610f, POST /v3/{domain_name}/messages.mime, read 2026-11-29';
const SENDING =
  'https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/send-http, read 2026-11-29';

const saying = (status: number, message: string) => ({ status, body: { message } });

export const mailgunRows: readonly AnswerRow[] = [
  // ------------------------------------------------------------------------------------------------ our pace
  {
    samples: [
      saying(
        429,
        'Domain example.com is not allowed to send: account-requests-per-sec limit exceeded, try again after 120 seconds',
      ),
      saying(403, 'Domain example.com is not allowed to send: recipient limit exceeded, try again after 30 seconds'),
    ],
    status: /^4/,
    says: { message: /limit exceeded|too many requests/i },
    means: { kind: 'throttled' },
    source: OPENAPI,
  },
  // ------------------------------------------------------------------------------------------------ our account
  {
    samples: [
      saying(403, 'Domain example.com is not allowed to send: the domain is unverified'),
      saying(404, 'Domain not found: example.com'),
      saying(401, 'Forbidden'),
    ],
    status: /^[24]/,
    says: { message: /is not allowed to send|domain not found|^forbidden$|invalid private key/i },
    means: { kind: 'unavailable', account: true },
    source: OPENAPI,
  },
  // ------------------------------------------------------------------------------------------------ one recipient
  {
    samples: [saying(400, 'to parameter is not a valid address. please check documentation')],
    status: /^[24]/,
    says: { message: /^'?to'? parameter is not a valid address/i },
    means: { kind: 'rejected', bounce: 'hard', of: 'recipient' },
    source: `${OPENAPI}; ${SENDING}`,
  },
  // ------------------------------------------------------------------------------------------------ the message
  {
    samples: [
      saying(400, 'from parameter is missing'),
      saying(200, 'message parameter is missing'),
      saying(400, 'Send options (parameters starting with o:, h:, or v:) are limited to 16KB total'),
    ],
    status: /^(?:200|400|422)$/,
    means: { kind: 'rejected', bounce: 'content' },
    says: { message: /^(?!queued)./i },
    source: OPENAPI,
  },
];

export const mailgunTable: AnswerTable = {
  rows: mailgunRows,
  faults(body) {
    if (body === 'Forbidden') return [{ message: body }];
    const { id, message } = membersOf(body);
    return id === undefined && typeof message === 'string' ? [{ message }] : [];
  },
  words: ({ message = '' }) => message,
};
