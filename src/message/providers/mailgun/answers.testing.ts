/**
 * What Mailgun answers, as documented; made by hand from https://github.com/mailgun/mailgun-mcp-server src/openapi.yaml at 78d610f,
 * read 2026-11-29: POST /v3/{domain_name}/messages.mime and GET /v4/domains/{name}.
 */

const json = { 'content-type': 'application/json' };
const saying = (status: number, message: string) => ({ status, headers: json, body: JSON.stringify({ message }) });

export const mailgunAnswers = {
  accepted: {
    ...{ status: 200, headers: json },
    body: '{"id":"<20261129120000.1.abc@example.com>","message":"Queued. Thank you."}',
  },
  domain: { status: 200, headers: json, body: '{"domain":{"name":"example.com","state":"active"}}' },
  unverified: { status: 200, headers: json, body: '{"domain":{"name":"example.com","state":"unverified"}}' },
  forbidden: { status: 401, headers: json, body: '"Forbidden"' },
  noFrom: saying(400, 'from parameter is missing'),
  badAddress: saying(400, 'to parameter is not a valid address. please check documentation'),
  limited: saying(
    429,
    'Domain example.com is not allowed to send: account-requests-per-sec limit exceeded, try again after 120 seconds',
  ),
} as const;
