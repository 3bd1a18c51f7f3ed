/** What SES answers and what that means, row by row. What no row knows is judged as HTTP has it (../http/outcomes.ts). */

import { type AnswerRow, type AnswerSample, type AnswerTable, membersOf, messageIn } from '../http/outcomes.ts';
import { awsErrorName } from './aws-error.ts';

const API = 'https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html, read 2026-11-30';
const COMMON = 'https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html, read 2026-11-30';
const SENDING = 'https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html, read 2026-11-30';
const QUOTAS = 'https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html, read 2026-11-30';

/** The name of the error stands in the header, as services that speak JSON over HTTP have it. */
const saying = (status: number, type: string, message: string): AnswerSample => ({
  ...{ status, headers: { 'x-amzn-errortype': type }, body: { message } },
});

export const sesRows: readonly AnswerRow[] = [
  // ------------------------------------------------------------------------------------------------ our pace
  {
    samples: [
      saying(429, 'TooManyRequestsException', 'Too many requests have been made to the operation.'),
      saying(400, 'ThrottlingException', 'Rate exceeded'),
      saying(400, 'LimitExceededException', 'There are too many instances of the specified resource type.'),
    ],
    status: /^4/,
    says: { type: /^(?:TooManyRequests|Throttling|RequestLimitExceeded|LimitExceeded)(?:Exception)?$/ },
    means: { kind: 'throttled' },
    source: `${API}; ${COMMON}`,
  },
  {
    samples: [
      saying(400, 'MessageRejected', 'Maximum sending rate exceeded.'),
      saying(400, 'MessageRejected', 'Daily message quota exceeded.'),
    ],
    status: /^4/,
    says: { message: /maximum sending rate exceeded|daily message quota exceeded/i },
    means: { kind: 'throttled' },
    source: QUOTAS,
  },
  // ------------------------------------------------------------------------------------------------ this sender
  {
    samples: [
      saying(
        400,
        'MessageRejected',
        'Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: a@example.com',
      ),
    ],
    status: /^[24]/,
    says: { message: /is not verified/i },
    means: { kind: 'unavailable', account: true, sender: true },
    source: SENDING,
  },
  {
    samples: [
      saying(
        400,
        'MailFromDomainNotVerifiedException',
        'The message can’t be sent because the sending domain isn’t verified.',
      ),
    ],
    status: /^[24]/,
    says: { type: /^MailFromDomainNotVerified(?:Exception)?$/ },
    means: { kind: 'unavailable', account: true, sender: true },
    source: API,
  },
  // ------------------------------------------------------------------------------------------------ our account
  {
    samples: [
      saying(400, 'AccountSuspendedException', 'The account has been suspended.'),
      saying(400, 'SendingPausedException', 'Sending is paused for the account.'),
      saying(404, 'NotFoundException', 'Configuration set <iep> does not exist.'),
      saying(400, 'ConfigurationSetSendingPausedException', 'Email sending is disabled for the configuration set.'),
      saying(400, 'AccountSendingPausedException', 'Email sending is disabled for your entire account.'),
    ],
    status: /^4/,
    says: {
      type: /^(?:(?:Account)?(?:Suspended|SendingPaused)|ConfigurationSet(?:SendingPaused|DoesNotExist)|NotFound)(?:Exception)?$/,
    },
    means: { kind: 'unavailable', account: true },
    source: `${API}; https://docs.aws.amazon.com/ses/latest/APIReference/API_SendRawEmail.html, read 2026-11-30`,
  },
  {
    samples: [
      saying(
        400,
        'MessageRejected',
        'Sending paused for this account. For more information, please check the inbox of the email address associated with your AWS account.',
      ),
      saying(400, 'MessageRejected', 'Your account was shut down.'),
      saying(400, 'BadRequestException', 'Configuration set <iep> does not exist.'),
    ],
    status: /^[24]/,
    says: {
      message:
        /(?:sending|account) (?:is |was )?(?:paused|suspended|shut down)|^configuration set (?:[<`'][^>`']{0,100}[>`'] )?(?:does not exist|doesn.t exist)/i,
    },
    means: { kind: 'unavailable', account: true },
    source: `${SENDING}; https://github.com/GoodDollar/GoodServer/issues/419, read 2026-11-30`,
  },
  {
    samples: [
      saying(403, 'AccessDeniedException', 'User is not authorized to perform ses:SendEmail on resource iep.'),
      saying(403, 'ExpiredTokenException', 'The security token included in the request is expired'),
      saying(400, 'IncompleteSignature', 'The request signature does not conform to AWS standards.'),
      saying(
        403,
        'InvalidSignatureException',
        'The request signature we calculated does not match the signature you provided.',
      ),
      saying(403, 'UnrecognizedClientException', 'The security token included in the request is invalid.'),
      saying(403, 'OptInRequired', 'The AWS access key ID needs a subscription for the service.'),
      saying(400, 'RequestExpired', 'Signature expired: 20261130T000000Z is now earlier than 20261130T001500Z'),
      saying(400, 'NotAuthorized', 'You do not have permission to perform this action.'),
    ],
    status: /^4/,
    says: {
      type: /^(?:AccessDenied|ExpiredToken|IncompleteSignature|InvalidSignature|UnrecognizedClient|InvalidClientTokenId|MissingAuthenticationToken|OptInRequired|RequestExpired|NotAuthorized)(?:Exception)?$/,
    },
    means: { kind: 'unavailable', account: true },
    source: COMMON,
  },
  // ------------------------------------------------------------------------------------------------ one recipient
  {
    samples: [
      saying(400, 'BadRequestException', 'Invalid email address gone@example.com.'),
      saying(400, 'BadRequestException', 'Illegal address'),
      saying(400, 'BadRequestException', "Missing final '@domain'"),
    ],
    status: /^[24]/,
    says: {
      message:
        /^(?:invalid email address|illegal address|missing (?:final|domain|local)|(?:domain|local) (?:name |address )?(?:contains|starts|ends))/i,
    },
    means: { kind: 'rejected', bounce: 'hard', of: 'recipient' },
    source:
      'https://github.com/domdomegg/aws-ses-v2-local/issues/44 and https://github.com/awsdocs/aws-doc-sdk-examples/pull/5191, read 2026-11-30',
  },
  // ------------------------------------------------------------------------------------------------ the message
  {
    samples: [
      saying(400, 'MessageRejected', 'Email content contains a virus.'),
      saying(400, 'BadRequestException', 'Message length is more than 41943040 bytes long'),
      saying(400, 'ValidationError', 'The input fails to satisfy the constraints.'),
      { status: 200, body: { __type: 'MessageRejected', message: 'Email content contains a virus.' } },
    ],
    status: /^(?:200|400|422)$/,
    says: { type: /^(?:MessageRejected|BadRequestException|Validation(?:Error|Exception))$/ },
    means: { kind: 'rejected', bounce: 'content' },
    source: `${API}; ${COMMON}`,
  },
];

export const sesTable: AnswerTable = {
  rows: sesRows,
  faults(body, headers) {
    const { MessageId, message, Message } = membersOf(body);
    const type = awsErrorName(headers, body);
    const said = [message, Message].find((text) => typeof text === 'string');
    if (MessageId !== undefined || (type === undefined && said === undefined)) return [];
    return [{ ...(type !== undefined && { type }), message: messageIn(said) }];
  },
  words: ({ message = '', type }) => (type === undefined ? message : `${message} (${type})`),
};
