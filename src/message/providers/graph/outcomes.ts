/** What Microsoft Graph answers and what that means, row by row. What no row knows is judged as HTTP has it (../http/outcomes.ts). */

import { type AnswerRow, type AnswerTable, membersOf, messageIn } from '../http/outcomes.ts';

const STATUS = 'https://learn.microsoft.com/graph/errors#http-status-codes, read 2026-11-30';
const CODES = 'https://learn.microsoft.com/graph/errors#code-property, read 2026-11-30';
const DETAILED = 'https://learn.microsoft.com/graph/errors#detailed-error-codes, read 2026-11-30';
const SEND = 'https://learn.microsoft.com/graph/api/user-sendmail, read 2026-11-30';
const OTHER_USER = 'https://learn.microsoft.com/graph/outlook-send-mail-from-other-user, read 2026-11-30';
const AUTH = 'https://learn.microsoft.com/graph/resolve-auth-errors, read 2026-11-30';
const THROTTLING = 'https://learn.microsoft.com/graph/throttling, read 2026-11-30';
/** The codes of Exchange, which Graph passes on by the same names. */
const EXCHANGE =
  'https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode, read 2026-11-30';
/** Those that Exchange Online has besides, for mailboxes of people. */
const ONLINE = 'https://github.com/gautamsi/ews-javascript-api, its ServiceError, read 2026-11-30';
const NO_REST =
  'https://learn.microsoft.com/exchange/troubleshoot/user-and-shared-mailboxes/rest-api-is-not-yet-supported-for-this-mailbox-error, read 2026-11-30';

const saying = (status: number, code: string, message: string) => ({ status, body: { error: { code, message } } });

/** The mailbox is that of the sender, unless the settings name one for all. */
const ofMailbox = { kind: 'unavailable', account: true, sender: true } as const;

export const graphRows: readonly AnswerRow[] = [
  // ------------------------------------------------------------------------------------------------ our pace
  {
    samples: [
      saying(429, 'TooManyRequests', 'Too many requests'),
      saying(429, 'ApplicationThrottled', 'Application is over its MailboxConcurrency limit.'),
      saying(503, 'activityLimitReached', 'The app or user has been throttled.'),
      saying(503, 'ErrorServerBusy', 'The server is busy.'),
      saying(400, 'ErrorExceededConnectionCount', 'There are more concurrent requests than are allowed.'),
    ],
    status: /^(?:4..|503)$/,
    says: {
      code: /^(?:TooManyRequests|ApplicationThrottled|activityLimitReached|throttledRequest|ErrorServerBusy|ErrorExceededConnectionCount)/i,
    },
    means: { kind: 'throttled' },
    source: `TooManyRequests, ApplicationThrottled: ${THROTTLING}; activityLimitReached: ${CODES}; throttledRequest: ${DETAILED}; Error…: ${EXCHANGE}`,
  },
  {
    samples: [{ status: 509 }],
    status: /^509$/,
    means: { kind: 'throttled' },
    source: STATUS,
  },
  {
    samples: [
      saying(429, 'ErrorExceededMessageLimit', 'Cannot send mail. Daily Message/Recipient limit exceeded.'),
      saying(403, 'ErrorExceededMaxRecipientLimit', 'Cannot send mail.'),
      saying(400, 'ErrorSubmissionQuotaExceeded', 'The message cannot be submitted: the submission quota is exceeded.'),
    ],
    status: /^4/,
    says: { code: /^Error(?:Exceeded(?:Hourly)?(?:Message|MaxRecipient)Limit|SubmissionQuotaExceeded)/i },
    means: { kind: 'throttled' },
    source: `ErrorSubmissionQuotaExceeded: ${EXCHANGE}; ErrorExceeded…: ${ONLINE}; quotas of an hour or a day`,
  },
  // ------------------------------------------------------------------------------------------------ the mailbox's server
  {
    samples: [
      saying(503, 'ErrorMailboxStoreUnavailable', 'The mailbox database is temporarily unavailable.'),
      saying(400, 'ErrorMailboxMoveInProgress', 'Mailbox move in progress. Try again later.'),
      saying(400, 'ErrorInternalServerTransientError', 'An internal server error occurred. Try again later.'),
      saying(408, 'ErrorTimeoutExpired', 'The operation has timed out.'),
      saying(503, 'serviceNotAvailable', 'The service is not available. Try the request again after a delay.'),
    ],
    status: /^[45]/,
    says: {
      code: /^(?:Error(?:MailboxStoreUnavailable|MailboxMoveInProgress|MailboxFailover|InternalServerTransientError|TimeoutExpired|ConnectionFailed)|serviceNotAvailable)/i,
    },
    means: { kind: 'unavailable' },
    source: `Error…: ${EXCHANGE}; serviceNotAvailable: ${CODES}`,
  },
  // ------------------------------------------------------------------------------------------------ our account
  {
    samples: [
      saying(401, 'InvalidAuthenticationToken', 'Access token has expired or is not yet valid.'),
      saying(401, 'unauthenticated', 'The caller is not authenticated.'),
      saying(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.'),
      saying(403, 'accessDenied', 'The caller does not have permission to perform the action.'),
    ],
    status: /^40[13]$/,
    says: { code: /^(?:InvalidAuthenticationToken|unauthenticated|Authorization_|accessDenied)/i },
    means: { kind: 'unavailable', account: true },
    source: `unauthenticated, accessDenied: ${CODES}; InvalidAuthenticationToken, Authorization_…: ${AUTH}`,
  },
  {
    samples: [
      saying(
        403,
        'ErrorSendAsDenied',
        'The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account. Cannot submit message.',
      ),
      saying(400, 'ErrorSendAsDenied', 'The user account does not have the right to send mail.'),
    ],
    status: /^4/,
    says: { code: /^ErrorSendAsDenied/i },
    means: { kind: 'unavailable', account: true, sender: true },
    source: `${OTHER_USER}; ${EXCHANGE}`,
  },
  {
    samples: [
      saying(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.'),
      saying(404, 'ErrorInvalidUser', "The requested user 'x@example.com' is invalid."),
      saying(404, 'ErrorNonExistentMailbox', 'The SMTP address has no mailbox associated with it.'),
      saying(404, 'Request_ResourceNotFound', "Resource 'x@example.com' does not exist."),
      saying(404, 'ResourceNotFound', 'Resource could not be discovered.'),
      saying(400, 'ErrorMissingEmailAddress', 'The account does not have a mailbox.'),
      saying(400, 'ErrorCreateItemAccessDenied', 'The caller does not have permission to create the item.'),
      saying(400, 'extensionError', 'The mailbox is located on premises.'),
    ],
    status: /^4/,
    says: {
      code: /^(?:Error(?:CreateItem)?AccessDenied|ErrorInvalidUser|ErrorNonExistentMailbox|ErrorMissingEmailAddress|ErrorMailboxConfiguration|(?:Request_)?ResourceNotFound|extensionError)/i,
    },
    means: ofMailbox,
    source: `Error…: ${EXCHANGE}; ResourceNotFound: ${STATUS} (404); extensionError: ${CODES}; the mailbox that sends is a setting or the sender`,
  },
  {
    samples: [
      saying(404, 'MailboxNotEnabledForRESTAPI', 'REST API is not yet supported for this mailbox.'),
      saying(404, 'MailboxNotSupportedForRESTAPI', 'REST API is not supported for this mailbox.'),
    ],
    status: /^4/,
    says: { code: /^MailboxNot(?:Enabled|Supported)ForRESTAPI/i },
    means: ofMailbox,
    source: NO_REST,
  },
  {
    samples: [
      saying(403, 'ErrorMessageSubmissionBlocked', 'Cannot send mail. Follow the instructions in your Inbox.'),
      saying(403, 'ErrorAccountSuspend', 'Account suspended.'),
      saying(400, 'ErrorAccountDisabled', 'The account has been disabled.'),
      saying(400, 'ErrorInvalidLicense', 'The user doesn’t have a valid license.'),
      saying(507, 'ErrorQuotaExceeded', 'The mailbox has exceeded its quota.'),
      saying(403, 'quotaLimitReached', 'The user has reached their quota limit.'),
    ],
    status: /^(?:4..|507)$/,
    says: {
      code: /^(?:Error(?:MessageSubmissionBlocked|AccountSuspend|AccountDisabled|InvalidLicense|QuotaExceeded)|quotaLimitReached)/i,
    },
    means: ofMailbox,
    source: `ErrorAccountDisabled, ErrorQuotaExceeded: ${EXCHANGE}; other Error…: ${ONLINE}; quotaLimitReached: ${CODES}; the mailbox that sends is blocked or full`,
  },
  // ------------------------------------------------------------------------------------------------ one recipient
  {
    samples: [saying(400, 'ErrorInvalidRecipients', 'At least one recipient is not valid.')],
    status: /^[24]/,
    says: { code: /^ErrorInvalidRecipients/i },
    means: { kind: 'rejected', bounce: 'hard', of: 'recipient' },
    source: `${EXCHANGE}; https://github.com/SMTP2Graph/SMTP2Graph/issues/30: it names no address`,
  },
  // ------------------------------------------------------------------------------------------------ the message
  {
    samples: [
      saying(400, 'ErrorMimeContentInvalidBase64String', 'Invalid base64 string for MIME content.'),
      saying(200, 'ErrorMimeContentInvalid', 'Failed to parse MIME content.'),
      saying(500, 'ErrorMimeContentConversionFailed', 'The MIME content could not be converted.'),
      saying(400, 'ErrorMessageSizeExceeded', 'The message exceeds the maximum supported size.'),
      saying(403, 'ErrorMessageBlocked', 'The message is considered to be spam.'),
      saying(413, 'RequestEntityTooLarge', 'The maximum request length supported is 4MB.'),
      saying(403, 'malwareDetected', 'Malware was detected in the requested resource.'),
    ],
    status: /^[245]/,
    says: {
      code: /^(?:Error(?:MimeContent|MessageSizeExceeded|MessageBlocked)|RequestEntityTooLarge|malwareDetected|virusSuspicious)/i,
    },
    means: { kind: 'rejected', bounce: 'content' },
    source: `ErrorMime…, ErrorMessageSizeExceeded: ${EXCHANGE}; ErrorMessageBlocked: ${ONLINE}; malwareDetected: ${CODES}; virusSuspicious: ${DETAILED}; RequestEntityTooLarge: ${SEND}`,
  },
];

/** Of a provider that sends from one mailbox, which the settings name. */
export const graphTableOfOne: () => AnswerTable = () => ({
  ...graphTable,
  rows: graphRows.map((row) =>
    row.means === ofMailbox ? { ...row, means: { kind: 'unavailable', account: true } } : row,
  ),
});

export const graphTable: AnswerTable = {
  rows: graphRows,
  faults(body) {
    const { code, message } = membersOf(membersOf(body).error);
    return typeof code === 'string' ? [{ code, message: messageIn(message) }] : [];
  },
  words: ({ code = '', message = '' }) => `${code}: ${message}`,
};
