/**
 * What Resend answers, as documented; made by hand from these pages, read 2026-11-29:
 * https://resend.com/docs/api-reference/emails/send-email, https://resend.com/docs/api-reference/domains/list-domains,
 * https://resend.com/docs/api-reference/errors.
 */

const json = { 'content-type': 'application/json' };
const refusal = (statusCode: number, name: string, message: string) => ({
  ...{ status: statusCode, headers: json },
  body: JSON.stringify({ statusCode, name, message }),
});

export const resendAnswers = {
  accepted: { status: 200, headers: json, body: '{"id":"49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}' },
  domains: {
    ...{ status: 200, headers: json },
    body: '{"object":"list","has_more":false,"data":[{"id":"d91cd9bd","name":"example.com","status":"verified"}]}',
  },
  restricted: refusal(401, 'restricted_api_key', 'This API key is restricted to only send emails.'),
  invalidKey: refusal(400, 'validation_error', 'API key is invalid'),
  noSubject: refusal(422, 'missing_required_field', 'Missing `subject` field.'),
  badAddress: refusal(
    422,
    'validation_error',
    'Invalid `to` field. The email address needs to follow the `email@example.com` or `Name <email@example.com>` format.',
  ),
} as const;
