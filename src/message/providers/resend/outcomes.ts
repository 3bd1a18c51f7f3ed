/** What Resend answers and what that means, row by row. What no row knows is judged as HTTP has it (../http/outcomes.ts). */

import { type AnswerRow, type AnswerTable, membersOf, messageIn } from '../http/outcomes.ts';

const ERRORS = 'https://resend.com/docs/api-reference/errors, read 2026-11-29';
const LIMITS = 'https://resend.com/docs/api-reference/rate-limit, read 2026-11-29';

const saying = (statusCode: number, name: string, message: string) => ({
  status: statusCode,
  body: { statusCode, name, message },
});

export const resendRows: readonly AnswerRow[] = [
  // ------------------------------------------------------------------------------------------------ our pace
  {
    samples: [
      saying(429, 'rate_limit_exceeded', 'Too many requests. You can only make 2 requests per second.'),
      saying(429, 'daily_quota_exceeded', 'You have reached your daily email sending quota.'),
      saying(429, 'monthly_quota_exceeded', 'You have reached your monthly email sending quota.'),
    ],
    status: /^429$/,
    means: { kind: 'throttled' },
    source: LIMITS,
  },
  // ------------------------------------------------------------------------------------------------ this sender
  {
    samples: [
      saying(403, 'validation_error', 'The example.com domain is not verified. Please, add and verify your domain.'),
      saying(422, 'invalid_from_address', 'The domain is not verified.'),
    ],
    status: /^4/,
    says: { message: /domain is not verified/i },
    means: { kind: 'unavailable', account: true, sender: true },
    source: ERRORS,
  },
  // ------------------------------------------------------------------------------------------------ our account
  {
    samples: [
      saying(400, 'validation_error', 'API key is invalid'),
      saying(401, 'validation_error', 'API key is invalid'),
      saying(403, 'invalid_api_key', 'API key is invalid.'),
    ],
    status: /^4/,
    says: { message: /api key is invalid/i },
    means: { kind: 'unavailable', account: true },
    source: ERRORS,
  },
  {
    samples: [
      saying(401, 'missing_api_key', 'Missing API key in the authorization header.'),
      saying(401, 'restricted_api_key', 'This API key is restricted to only send emails.'),
      saying(403, 'validation_error', 'You can only send testing emails to your own email address (ann@example.com).'),
    ],
    status: /^40[13]$/,
    means: { kind: 'unavailable', account: true },
    source: ERRORS,
  },
  // ------------------------------------------------------------------------------------------------ a key that was used before
  {
    samples: [
      saying(
        409,
        'concurrent_idempotent_requests',
        'Same idempotency key used while original request is still in progress.',
      ),
      saying(409, 'invalid_idempotent_request', 'Same idempotency key used with a different request payload.'),
    ],
    status: /^409$/,
    says: { name: /idempoten/ },
    // The first request with it may have been sent, or be about to.
    means: { kind: 'unknown' },
    source: 'https://resend.com/docs/dashboard/emails/idempotency-keys, read 2026-11-29',
  },
  // ------------------------------------------------------------------------------------------------ one recipient
  {
    samples: [
      saying(
        422,
        'validation_error',
        'Invalid `to` field. The email address needs to follow the `email@example.com` or `Name <email@example.com>` format.',
      ),
      saying(422, 'invalid_parameter', 'Invalid `bcc` field.'),
    ],
    status: /^(?:200|400|422)$/,
    says: { message: /^invalid `?(?:to|cc|bcc)`? field/i },
    means: { kind: 'rejected', bounce: 'hard', of: 'recipient' },
    source: ERRORS,
  },
  // ------------------------------------------------------------------------------------------------ the message
  {
    samples: [
      saying(400, 'validation_error', 'We found an error with one or more fields in the request.'),
      saying(200, 'missing_required_field', 'Missing `subject` field.'),
      saying(422, 'missing_required_field', 'The request body is missing one or more required fields.'),
      saying(422, 'invalid_attachment', 'Attachment must have either a `content` or `path`.'),
      saying(422, 'invalid_from_address', 'Invalid `from` field.'),
      saying(422, 'invalid_parameter', 'The parameter must be a valid UUID.'),
    ],
    status: /^(?:200|400|422)$/,
    says: {
      name: /^(?:validation_error|missing_required_field|invalid_(?:attachment|from_address|parameter|access|region))$/,
    },
    means: { kind: 'rejected', bounce: 'content' },
    source: ERRORS,
  },
  {
    samples: [saying(451, 'security_error', 'We may have found a security issue with the request.')],
    status: /^451$/,
    means: { kind: 'rejected', bounce: 'policy' },
    source: ERRORS,
  },
];

export const resendTable: AnswerTable = {
  rows: resendRows,
  faults(body) {
    const { name, message } = membersOf(body);
    return typeof name === 'string' ? [{ name, message: messageIn(message) }] : [];
  },
  words: ({ message = '', name }) => `${message} (${name})`,
  reset: { header: 'ratelimit-reset', as: 'seconds' },
};
