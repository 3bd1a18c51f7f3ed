/**
 * What Microsoft Graph and its login service answer, as documented; made by hand from https://learn.microsoft.com/graph/errors,
 * https://learn.microsoft.com/graph/api/user-sendmail, https://learn.microsoft.com/graph/api/user-get and
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow, read 2026-11-30.
 */

const json = { 'content-type': 'application/json' };
const saying = (status: number, code: string, message: string) => ({
  ...{ status, headers: json },
  body: JSON.stringify({ error: { code, message, innerError: { date: '2026-11-30T06:00:00' } } }),
});

export const graphAnswers = {
  accepted: { status: 202, headers: { 'request-id': '24e7991e-01ae-4cc2-8e06-532a96fd8948' } },
  user: { status: 200, headers: json, body: '{"userPrincipalName":"noreply@example.com"}' },
  oldToken: saying(401, 'InvalidAuthenticationToken', 'Access token has expired or is not yet valid.'),
  denied: saying(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.'),
  mayNotLook: saying(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.'),
  noUser: saying(404, 'Request_ResourceNotFound', "Resource 'noreply@example.com' does not exist."),
  badRecipient: saying(400, 'ErrorInvalidRecipients', 'At least one recipient is not valid.'),
  badMime: saying(400, 'ErrorMimeContentInvalidBase64String', 'Invalid base64 string for MIME content.'),
  token: (token: string) => ({
    ...{ status: 200, headers: json },
    body: JSON.stringify({ token_type: 'Bearer', expires_in: 3_599, access_token: token }),
  }),
} as const;
