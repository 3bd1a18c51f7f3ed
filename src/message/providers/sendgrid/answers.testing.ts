/**
 * What SendGrid answers, as documented; made by hand from these pages, read 2026-11-29:
 * https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send (202 and X-Message-Id),
 * https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors,
 * https://www.twilio.com/docs/sendgrid/api-reference/api-key-permissions/retrieve-a-list-of-scopes-for-which-this-user-has-access,
 * https://github.com/twilio/sendgrid-oai at dbe0e0d (401).
 */

const json = { 'content-type': 'application/json' };
const refusal = (status: number, message: string, field: string | null) => ({
  ...{ status, headers: json },
  body: JSON.stringify({ errors: [{ message, field, help: null }] }),
});

export const sendgridAnswers = {
  accepted: { status: 202, headers: { 'x-message-id': 'ryzVhPpKQ6GpSLqKdVBVGg' } },
  scopes: { status: 200, headers: json, body: '{"scopes":["mail.send","sender_verification_eligible"]}' },
  scopesWithoutMail: { status: 200, headers: json, body: '{"scopes":["alerts.read"]}' },
  unauthorized: refusal(401, 'The provided authorization grant is invalid, expired, or revoked', null),
  unverified: refusal(
    403,
    'The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.',
    'from',
  ),
  noCredits: refusal(401, 'Maximum credits exceeded', null),
  badSubject: refusal(400, 'The subject is required.', 'subject'),
  badAddress: (field: string) => refusal(400, 'Does not contain a valid address.', field),
} as const;
