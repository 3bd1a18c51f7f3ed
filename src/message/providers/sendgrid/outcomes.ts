/** What SendGrid answers and what that means, row by row. What no row knows is judged as HTTP has it (../http/outcomes.ts). */

import { type AnswerRow, type AnswerTable, type Fault, membersOf, messageIn } from '../http/outcomes.ts';

const ERRORS = 'https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors, read 2026-11-29';
const OPENAPI = 'https://github.com/twilio/sendgrid-oai spec/json/tsg_mail_v3.json at dbe0e0d, read 2026-11-29';
const LIMITS =
  'https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits, read 2026-11-29';

const saying = (message: string, field: string | null) => ({ errors: [{ message, field }] });

export const sendgridRows: readonly AnswerRow[] = [
  // ------------------------------------------------------------------------------------------------ our pace
  {
    samples: [{ status: 429, body: saying('too many requests', null) }],
    status: /^429$/,
    means: { kind: 'throttled' },
    source: LIMITS,
  },
  {
    samples: [{ status: 401, body: saying('Maximum credits exceeded', null) }],
    status: /^40[13]$/,
    says: { message: /credits exceeded/i },
    means: { kind: 'throttled' },
    source:
      'https://github.com/sendgrid/sendgrid-nodejs/issues/1032, read 2026-11-29: the mails of a day or month are used up',
  },
  // ------------------------------------------------------------------------------------------------ this sender
  {
    samples: [
      {
        status: 403,
        body: saying(
          'The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.',
          'from',
        ),
      },
      { status: 400, body: saying('The from address does not match a verified Sender Identity.', 'from') },
    ],
    status: /^[24]/,
    says: { message: /verified sender identity/i },
    means: { kind: 'unavailable', account: true, sender: true },
    source: 'https://www.twilio.com/docs/api/errors/60222, read 2026-11-29',
  },
  // ------------------------------------------------------------------------------------------------ our account
  {
    samples: [
      { status: 401, body: saying('authorization required', null) },
      {
        status: 401,
        body: saying('The provided authorization grant is invalid, expired, or revoked', null),
      },
      { status: 403, body: saying('access forbidden', null) },
    ],
    status: /^40[13]$/,
    means: { kind: 'unavailable', account: true },
    source: `${OPENAPI}; https://www.twilio.com/docs/api/errors/60222`,
  },
  {
    samples: [
      {
        status: 400,
        body: saying('The IP Pool name must be a valid pool name for your account. You provided x.', 'ip_pool_name'),
      },
    ],
    status: /^[24]/,
    says: { field: /^ip_pool_name$/ },
    means: { kind: 'unavailable', account: true },
    source: `${ERRORS}: ip_pool_name, which is a setting of the provider`,
  },
  {
    samples: [
      { status: 200, body: saying('authorization required', null) },
      { status: 400, body: saying('Authenticated user is not authorized to send mail', null) },
    ],
    status: /^[24]/,
    says: {
      message:
        /authorization|not authorized|access forbidden|account (?:is |has been |was )?(?:suspended|disabled|deactivated|banned|frozen)/i,
    },
    means: { kind: 'unavailable', account: true },
    source: `${OPENAPI}; https://www.twilio.com/docs/api/errors/60222 and https://www.twilio.com/docs/api/errors/60604, read 2026-11-30`,
  },
  // ------------------------------------------------------------------------------------------------ one recipient
  {
    samples: [
      { status: 400, body: saying('Does not contain a valid address.', 'personalizations.0.to.0.email') },
      { status: 400, body: saying('The to email parameter is required.', 'personalizations.0.to.3.email') },
      {
        status: 400,
        body: saying(
          'The CC email exceeds the maximum total length of 320 characters',
          'personalizations.0.cc.1.email',
        ),
      },
    ],
    status: /^[24]/,
    says: { field: /^personalizations\.0\.(?:to|cc|bcc)\.\d+(?:\.email)?$/ },
    means: { kind: 'rejected', bounce: 'hard', of: 'recipient' },
    source: `${ERRORS}: personalizations.to, .cc and .bcc; https://github.com/sklarsa/django-sendgrid-v5/issues/10`,
  },
  // ------------------------------------------------------------------------------------------------ the message
  {
    samples: [
      { status: 400, body: saying('The subject is required.', 'subject') },
      { status: 400, body: saying('The headers cannot contain duplicate keys.', 'headers') },
      { status: 400, body: saying('Header cannot be one of the reserved keys.', 'personalizations.0.headers') },
      {
        status: 200,
        body: saying('The content value must be a string at least one character in length.', 'content.0.value'),
      },
      { status: 400, body: saying('The attachment content must be base64 encoded.', 'attachments.0.content') },
      { status: 400, body: saying('Each category must not be longer than 255 characters.', 'categories') },
    ],
    status: /^[24]/,
    says: {
      field:
        /^(?:subject|headers|content|attachments|categories|custom_args|from|reply_to|reply_to_list|personalizations)\b/,
    },
    means: { kind: 'rejected', bounce: 'content' },
    source: ERRORS,
  },
  {
    samples: [{ status: 413, body: saying('content too large', null) }],
    status: /^413$/,
    means: { kind: 'rejected', bounce: 'content' },
    source: OPENAPI,
  },
];

export const sendgridTable: AnswerTable = {
  rows: sendgridRows,
  faults(body) {
    const { errors } = membersOf(body);
    return Array.isArray(errors) ? errors.map(faultOf) : [];
  },
  words: ({ message = '', field }) => (field === undefined ? message : `${message} (${field})`),
  reset: { header: 'x-ratelimit-reset', as: 'epoch' },
};

/** Some of its services name the field "null". */
function faultOf(error: unknown): Fault {
  const { message, field } = membersOf(error);
  return {
    message: messageIn(message),
    ...(typeof field === 'string' && field !== 'null' && { field }),
  };
}
