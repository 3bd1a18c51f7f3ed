/**
 * What Postmark answers, as documented; made by hand from these pages, read 2026-11-29:
 * https://postmarkapp.com/developer/user-guide/send-email-with-api, https://postmarkapp.com/developer/api/overview#error-codes,
 * https://postmarkapp.com/developer/api/server-api, and the two issues that outcomes.ts names.
 */

const json = { 'content-type': 'application/json' };
const ID = 'b7bc2f4a-e38e-4336-af7d-e6c392c2f817';
const refusal = (status: number, ErrorCode: number, Message: string) => ({
  ...{ status, headers: json },
  body: JSON.stringify({ ErrorCode, Message }),
});
const taken = (Message: string) => ({
  ...{ status: 200, headers: json },
  body: JSON.stringify({
    ...{ To: 'receiver@example.com', SubmittedAt: '2026-11-29T12:00:00Z', MessageID: ID },
    ...{ ErrorCode: 0, Message },
  }),
});

export const postmarkAnswers = {
  accepted: taken('OK'),
  acceptedBut: (addresses: string) =>
    taken(`Message OK, but will not deliver to these inactive addresses: ${addresses}.`),
  server: { status: 200, headers: json, body: '{"ID":1,"Name":"Production","Color":"green","SmtpApiActivated":true}' },
  unauthorized: refusal(401, 10, 'No Account or Server API tokens were supplied in the HTTP headers.'),
  noBody: refusal(422, 300, 'Provide either email TextBody or HtmlBody or both.'),
  badAddress: refusal(422, 300, "Invalid 'To' address: 'gone@example.com'."),
  inactive: (addresses: string) =>
    refusal(
      422,
      406,
      `You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: ${addresses}. Inactive recipients are ones that have generated a hard bounce, a spam complaint, or a manual suppression.`,
    ),
} as const;
