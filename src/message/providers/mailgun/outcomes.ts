/** What Mailgun answers and what that means, row by row. What no row knows is judged as HTTP has it (../http/outcomes.ts). */

import { type AnswerRow, type AnswerTable, membersOf } from '../http/outcomes.ts';

const OPENAPI =
  'https://github.com/mailgun/mailgun-mcp-server src/openapi.yaml at 78d610f, POST /v3/{domain_name}/messages.mime, read 2026-11-29';
const SENDING =
  'https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/send-http, read 2026-11-29';

/** What Mailgun answers, as a support desk has gathered it. */
const SEEN = 'https://app.modalsupport.com/article/details/ZeRAsZjqowLqb1w85XkX/6gOyYDiJ6VGu3VadmNlu, read 2026-11-30';

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
      saying(
        400,
        'Domain example.com is not allowed to send: Please activate your Mailgun account. Check your inbox or log in to your control panel to resend the activation email.',
      ),
      saying(404, 'Domain not found: example.com'),
      saying(401, 'Forbidden'),
      saying(403, 'Rejected: IP 192.0.2.7 can’t be used to send the message'),
    ],
    status: /^[24]/,
    says: {
      message:
        /is not allowed to send|domain not found|^forbidden$|invalid private key|can.t be used to send the message/i,
    },
    means: { kind: 'unavailable', account: true },
    source: `${OPENAPI}; ${SEEN}`,
  },
  {
    samples: [
      saying(
        400,
        'The domain is unverified and requires DNS configuration. Log in to your control panel to view required DNS records.',
      ),
      saying(400, 'Please activate your Mailgun account. Check your inbox or log in to your control panel.'),
      saying(
        400,
        'Free accounts are for test purposes only. Please upgrade or add the address to authorized recipients in Account Settings.',
      ),
      saying(400, 'Sandbox subdomains are for test purposes only. Please add your own domain.'),
    ],
    status: /^[24]/,
    says: {
      message: /domain is unverified|activate your mailgun account|for test purposes only/i,
    },
    means: { kind: 'unavailable', account: true },
    source: `${SEEN}; also without what stands before the colon`,
  },
  // ------------------------------------------------------------------------------------------------ one recipient
  {
    samples: [saying(400, 'to parameter is not a valid address. please check documentation')],
    status: /^[24]/,
    says: { message: /^['‘]?to['’]? parameter is not a valid address/i },
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
