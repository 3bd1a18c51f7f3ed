/**
 * What Amazon SES answers, as documented; made by hand from https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
 * and API_GetAccount.html, read 2026-11-30.
 */

const json = { 'content-type': 'application/json' };
const saying = (status: number, type: string, message: string) => ({
  ...{ status, headers: { ...json, 'x-amzn-errortype': type } },
  body: JSON.stringify({ message }),
});
const account = {
  ...{ DedicatedIpAutoWarmupEnabled: false, EnforcementStatus: 'HEALTHY' },
  ...{ ProductionAccessEnabled: true, SendingEnabled: true },
  SendQuota: { Max24HourSend: 50_000, MaxSendRate: 14, SentLast24Hours: 12 },
};
const accountIs = (changes: Partial<typeof account>) => ({
  ...{ status: 200, headers: json },
  body: JSON.stringify({ ...account, ...changes }),
});

export const sesAnswers = {
  accepted: {
    ...{ status: 200, headers: json },
    body: '{"MessageId":"010701abc-0a1b2c3d-0000-4000-8000-000000000000-000000"}',
  },
  account: accountIs({}),
  sandbox: accountIs({ ProductionAccessEnabled: false }),
  paused: accountIs({ SendingEnabled: false }),
  shutDown: accountIs({ EnforcementStatus: 'SHUTDOWN' }),
  underReview: accountIs({ EnforcementStatus: 'PROBATION' }),
  unknownKey: saying(403, 'UnrecognizedClientException', 'The security token included in the request is invalid.'),
  expired: saying(403, 'ExpiredTokenException', 'The security token included in the request is expired'),
  virus: saying(400, 'MessageRejected', 'Email content contains a virus.'),
  badAddress: saying(400, 'BadRequestException', 'Invalid email address gone@example.com.'),
  illegalAddress: saying(400, 'BadRequestException', 'Illegal address'),
} as const;
