/**
 * Refusals: what IEP says no to, and how each door says it. One table, so that a caller hears the same reason over
 * HTTP, SMTP and the shell. A refusal is the caller's fault or the moment's; anything else thrown is a fault of ours.
 */

import type { RateState } from './rate-limit.ts';
import { MAX_NAME_LENGTH, shown } from './shown.ts';

export interface Refusal {
  /** HTTP status (RFC 9110). */
  readonly status: number;
  /** SMTP reply (RFC 5321) with its enhanced code (RFC 3463). */
  readonly smtp: readonly [code: number, enhanced: string];
  /** sysexits(3) code of the command line. */
  readonly exit: 64 | 65 | 69 | 70 | 75 | 77 | 78;
  /** What happened, in a sentence that holds for every occurrence. */
  readonly title: string;
  /** What the caller can do about it. */
  readonly hint: string;
}

export const refusals = {
  invalid_request: {
    status: 400,
    smtp: [550, '5.6.0'],
    exit: 65,
    title: 'The request is not valid',
    hint: 'Correct what is named and send it again.',
  },
  unauthorized: {
    status: 401,
    smtp: [535, '5.7.8'],
    exit: 77,
    title: 'The API key is missing, unknown, expired or revoked',
    hint: 'Give a key of this platform, in `x-api-key` or IEP_API_KEY; `iep key add` makes one.',
  },
  callback_refused: {
    status: 401,
    smtp: [535, '5.7.8'],
    exit: 77,
    title: 'The callback does not prove that it is the vendor’s',
    hint: 'Compare the name, and the key of the callback at the vendor with that in the settings of the provider.',
  },
  login_failed: {
    status: 401,
    smtp: [535, '5.7.8'],
    exit: 77,
    title: 'The login is not right',
    hint: 'Check address, password and code; `iep user reset EMAIL` makes a link by which a password is set anew.',
  },
  login_provider_unavailable: {
    status: 503,
    smtp: [451, '4.3.0'],
    exit: 69,
    title: 'The login provider cannot be asked now',
    hint: 'Try again, or sign in in another way; `iep doctor` and the log of the daemon say what is wrong.',
  },
  second_factor_needed: {
    status: 401,
    smtp: [535, '5.7.8'],
    exit: 77,
    title: 'The second factor is missing',
    hint: 'Send `totp` too: the code that the authenticator shows, or a recovery code; or show a passkey.',
  },
  second_factor_required: {
    status: 403,
    smtp: [550, '5.7.1'],
    exit: 77,
    title: 'This platform asks for a second factor',
    hint: 'Set one up at /ui/account, or sign in with the one you have.',
  },
  link_used: {
    status: 410,
    smtp: [550, '5.7.1'],
    exit: 77,
    title: 'This link was used, has ended, or never was one',
    hint: 'Ask for another: `iep user reset EMAIL`.',
  },
  signed_out: {
    status: 401,
    smtp: [535, '5.7.8'],
    exit: 77,
    title: 'Nobody is signed in',
    hint: 'Sign in: POST /v1/session, or the page /ui/ of the daemon.',
  },
  foreign_page: {
    status: 403,
    smtp: [550, '5.7.1'],
    exit: 77,
    title: 'The call does not come from a page of this platform',
    hint: 'Send `x-iep-csrf` as GET /v1/session tells it. Behind a proxy, `http.publicUrl` must be what the browser shows.',
  },
  login_too_old: {
    status: 403,
    smtp: [550, '5.7.1'],
    exit: 77,
    title: 'This needs a login that is not older than 15 minutes',
    hint: 'Show the second factor, or the password where there is none, once more: POST /v1/session/factor.',
  },
  authentication_required: {
    status: 401,
    smtp: [530, '5.7.0'],
    exit: 77,
    title: 'This listener accepts mail only after a login',
    hint: 'Log in with the tenant slug as user name and an API key as password.',
  },
  encryption_required: {
    status: 403,
    smtp: [538, '5.7.11'],
    exit: 77,
    title: 'Logins are accepted only over TLS',
    hint: 'Use STARTTLS or the implicit TLS port.',
  },
  forbidden: {
    status: 403,
    smtp: [550, '5.7.1'],
    exit: 77,
    title: 'This key may not do that',
    hint: 'Use a key that may do it; `iep key list` shows the tenant and the scopes of each.',
  },
  tenant_inactive: {
    status: 403,
    smtp: [550, '5.7.1'],
    exit: 77,
    title: 'This tenant is not active',
    hint: 'Ask the operator to activate it: `iep tenant set SLUG --active`.',
  },
  tenant_required: {
    status: 400,
    smtp: [550, '5.7.1'],
    exit: 64,
    title: 'It is not clear which tenant is meant',
    hint: 'Name one: `--tenant SLUG`, IEP_TENANT, for mail `sendmail.tenant` of the configuration; over HTTP `x-iep-tenant`.',
  },
  sender_domain_not_allowed: {
    status: 403,
    smtp: [553, '5.7.1'],
    exit: 77,
    title: 'This tenant may not send from that domain',
    hint: 'Use a sender domain of the tenant, or add this one: `iep domain add DOMAIN --tenant SLUG`.',
  },
  sender_domain_not_verified: {
    status: 403,
    smtp: [553, '5.7.1'],
    exit: 77,
    title: 'This tenant may send only from verified domains',
    hint: 'Publish the DNS records of the domain and have them checked: `iep domain verify DOMAIN --tenant SLUG`.',
  },
  reply_to_domain_not_allowed: {
    status: 403,
    smtp: [550, '5.7.1'],
    exit: 77,
    title: 'This tenant may not have replies go to that address',
    hint: 'Use an allowed domain in Reply-To, or allow this one: `iep tenant set SLUG --reply-to-domains …`.',
  },
  recipient_domain_not_allowed: {
    status: 403,
    smtp: [550, '5.7.1'],
    exit: 77,
    title: 'Mail to that address is not allowed here',
    hint: 'Leave out the recipients named; `recipientDomains` of the tenant and of the platform say who may be mailed.',
  },
  template_variables: {
    status: 422,
    smtp: [550, '5.6.0'],
    exit: 65,
    title: 'The variables are not what the template declares',
    hint: 'Give each variable that is named as the template declares it: `iep template show NAME` lists them.',
  },
  template_invalid: {
    status: 422,
    smtp: [550, '5.6.0'],
    exit: 65,
    title: 'The template cannot be used',
    hint: 'Correct what is named, at the line and column; `iep template push --dry-run` checks without storing.',
  },
  set_by_config: {
    status: 409,
    smtp: [550, '5.7.1'],
    exit: 65,
    title: 'The configuration says otherwise, and it wins',
    hint: 'Change it in the configuration file; the daemon takes it over on SIGHUP (`systemctl reload iep`).',
  },
  not_found: {
    status: 404,
    smtp: [550, '5.1.1'],
    exit: 65,
    title: 'Not found',
    hint: 'Check the id or name; those of other tenants are not visible.',
  },
  method_not_allowed: {
    status: 405,
    smtp: [502, '5.5.1'],
    exit: 64,
    title: 'This resource does not take that method',
    hint: 'See /openapi.json for the methods it takes.',
  },
  conflict: {
    status: 409,
    smtp: [550, '5.7.1'],
    exit: 65,
    title: 'Conflict',
    hint: 'Change what the detail names first, or ask for something else.',
  },
  idempotency_key_reused: {
    status: 409,
    smtp: [550, '5.7.1'],
    exit: 65,
    title: 'This idempotency key was used with a different payload',
    hint: 'Use a new key for a new message; the detail names the message that has this one.',
  },
  not_cancellable: {
    status: 409,
    smtp: [550, '5.7.1'],
    exit: 65,
    title: 'This message can no longer be cancelled',
    hint: 'See what became of it: `iep show ID`. Only mail that waits can be cancelled.',
  },
  not_retryable: {
    status: 409,
    smtp: [550, '5.7.1'],
    exit: 65,
    title: 'This message has nothing to retry',
    hint: 'Only messages with recipients that failed, or that wait for a retry, can be retried.',
  },
  not_reschedulable: {
    status: 409,
    smtp: [550, '5.7.1'],
    exit: 65,
    title: 'This message can no longer be rescheduled',
    hint: 'Only a scheduled message whose time has not come can be given another time.',
  },
  message_too_large: {
    status: 413,
    smtp: [552, '5.3.4'],
    exit: 65,
    title: 'The message is larger than this platform takes',
    hint: 'Send a smaller message, or link to the files instead of attaching them.',
  },
  attachment_type_not_allowed: {
    status: 400,
    smtp: [550, '5.7.1'],
    exit: 65,
    title: 'This tenant may not attach files of that type',
    hint: 'Link to the file, or ask the operator to allow its type: setting `attachmentTypes` of the tenant.',
  },
  attachment_type_mismatch: {
    status: 400,
    smtp: [550, '5.7.1'],
    exit: 65,
    title: 'An attachment is not what it is declared to be',
    hint: 'Declare the type that the content has, and give it the name of such a file.',
  },
  unsupported_media_type: {
    status: 415,
    smtp: [550, '5.6.1'],
    exit: 65,
    title: 'The body is not of a type this call takes',
    hint: 'Send `content-type: application/json`.',
  },
  too_many_recipients: {
    status: 400,
    smtp: [452, '4.5.3'],
    exit: 65,
    title: 'The message names more recipients than one message may have',
    hint: 'Split it into several messages.',
  },
  mail_loop: {
    status: 400,
    smtp: [554, '5.4.6'],
    exit: 65,
    title: 'The message has passed through too many servers',
    hint: 'Two servers are sending it back and forth; look at its Received lines.',
  },
  rate_limited: {
    status: 429,
    smtp: [451, '4.7.1'],
    exit: 75,
    title: 'Too many requests',
    hint: 'Wait as long as `Retry-After` says, then try again.',
  },
  too_slow: {
    status: 408,
    smtp: [421, '4.4.2'],
    exit: 75,
    title: 'The request came too slowly and held a connection that others need',
    hint: 'Send it again at 1 KiB a second or more.',
  },
  too_many_failed_logins: {
    status: 429,
    smtp: [421, '4.7.0'],
    exit: 75,
    title: 'Too many failed logins from this address',
    hint: 'Wait a few minutes, then log in with what is valid.',
  },
  store_unavailable: {
    status: 503,
    smtp: [451, '4.3.0'],
    exit: 75,
    title: 'The store cannot be used now',
    hint: 'What was asked for was not done. Try again; if it lasts, the operator should look at the disk with `iep doctor`.',
  },
  store_damaged: {
    status: 503,
    smtp: [451, '4.3.0'],
    exit: 69,
    title: 'The database is damaged',
    hint: 'What was asked for was not done, and no mail is accepted. Stop the daemon, keep a copy of the data directory, and follow docs/disaster.md.',
  },
  content_lost: {
    status: 500,
    smtp: [451, '4.3.0'],
    exit: 69,
    title: 'Content of a message is gone or damaged',
    hint: 'Bring the blob back from a backup; `iep doctor --deep` lists all that are gone or damaged.',
  },
  rendering_busy: {
    status: 503,
    smtp: [451, '4.3.2'],
    exit: 75,
    title: 'Rendering is held up by other messages of this tenant',
    hint: 'Try again later; a template that takes long holds up those of its own tenant.',
  },
  preview_busy: {
    status: 503,
    smtp: [451, '4.3.2'],
    exit: 75,
    title: 'Too much mail is being read for people at the moment',
    hint: 'Try again in a moment.',
  },
  preview_failed: {
    status: 422,
    smtp: [550, '5.6.0'],
    exit: 65,
    title: 'This message cannot be taken apart to be shown',
    hint: 'Its source can be had whole: GET /v1/messages/{id}/raw.',
  },
  shutting_down: {
    status: 503,
    smtp: [421, '4.3.2'],
    exit: 75,
    title: 'The daemon is shutting down',
    hint: 'Nothing was accepted. Try again in a moment.',
  },
  daemon_running: {
    status: 409,
    smtp: [451, '4.3.0'],
    exit: 69,
    title: 'Another daemon already serves this data directory',
    hint: 'Stop it first, or give this one a data directory of its own.',
  },
  schema_too_new: {
    status: 503,
    smtp: [451, '4.3.0'],
    exit: 78,
    title: 'The database was written by a newer version of IEP',
    hint: 'Use that version or a later one, or restore the backup taken before the upgrade.',
  },
  schema_too_old: {
    status: 503,
    smtp: [451, '4.3.0'],
    exit: 75,
    title: 'The database was written by an older version of IEP',
    hint: 'Nothing was changed. Stop the older daemon, then start this version, or bring the database up to date: `iep migrate`.',
  },
  bad_config: {
    status: 500,
    smtp: [451, '4.3.0'],
    exit: 78,
    title: 'The configuration is not valid',
    hint: 'Correct the keys named; `iep config example` prints them all.',
  },
  config_missing: {
    status: 500,
    smtp: [451, '4.3.0'],
    exit: 78,
    title: 'The configuration file cannot be read',
    hint: 'Name a file that is there: --config FILE or IEP_CONFIG; `iep init` makes one.',
  },
  config_not_readable: {
    status: 500,
    smtp: [451, '4.3.0'],
    exit: 77,
    title: 'This user may not use the configuration',
    hint: 'Run it as a user who may read it, or name another: --config FILE.',
  },
  port_taken: {
    status: 500,
    smtp: [451, '4.3.0'],
    exit: 69,
    title: 'A port to listen on is taken',
    hint: 'Stop the other program, or choose another port: `iep serve --http-port N --smtp-port N`.',
  },
  unreachable: {
    status: 502,
    smtp: [451, '4.3.0'],
    exit: 69,
    title: 'The daemon cannot be reached',
    hint: 'Check IEP_URL and that `iep serve` is running.',
  },
  secret_unreadable: {
    status: 500,
    smtp: [451, '4.3.0'],
    exit: 78,
    title: 'A stored secret cannot be opened',
    hint: 'Bring back the master key that sealed it, or set the secret anew.',
  },
  ip_not_allowed: {
    status: 403,
    smtp: [535, '5.7.8'],
    exit: 77,
    title: 'This key does not work from this address',
    hint: 'Use it from an address that it allows, or have the operator change those: `iep key set ID --allow-ip CIDR`.',
  },
  audit_unavailable: {
    status: 503,
    smtp: [451, '4.3.0'],
    exit: 75,
    title: 'The action was done, but could not be written to the audit log',
    hint: 'Look before you do it again. The operator finds the entry in the log, and the reason with `iep doctor`.',
  },
  not_configured: {
    status: 503,
    smtp: [451, '4.3.5'],
    exit: 78,
    title: 'What is asked for is not configured',
    hint: 'Set the key of the callback that the vendor shows: docs/providers.md says where it is.',
  },
  proof_unavailable: {
    status: 503,
    smtp: [451, '4.3.0'],
    exit: 75,
    title: 'The proof of a callback cannot be looked at now',
    hint: 'Nothing was taken. Post it again later.',
  },
  internal: {
    status: 500,
    smtp: [451, '4.3.0'],
    exit: 70,
    title: 'Something went wrong inside IEP',
    hint: 'It was logged with this request id; please report it.',
  },
} as const satisfies Record<string, Refusal>;

export type RefusalCode = keyof typeof refusals;

const outages: readonly Refusal[] = [refusals.store_unavailable, refusals.store_damaged];

/** The store fails everybody: that says nothing of what it was asked for. */
export function isStoreOut(error: unknown): boolean {
  return error instanceof IepError && outages.includes(error.refusal);
}

/** One fault of the input: `path` as in `to.0`, empty for the whole body. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
  /** Where in the text of the field it is, from 1. */
  readonly line?: number;
  readonly column?: number;
}

/** `html, line 2, column 5: …`: a fault in a line; of some only that is known. */
export function fieldErrorText({ path, message, line, column }: FieldError): string {
  const position = line === undefined ? [] : [`line ${line}`, ...(column === undefined ? [] : [`column ${column}`])];
  const where = [path, ...position].filter((part) => part !== '').join(', ');
  return where === '' ? message : `${where}: ${message}`;
}

/** Characters of a detail: a list of names that are known is the longest that we say ourselves. */
const MAX_DETAIL_LENGTH = 2_000;
const MAX_MESSAGE_LENGTH = 500;

/**
 * A refusal on its way to the door. `detail` says what is particular about this one. It may repeat what a stranger sent:
 * every door, and the log, gets it cut and without secrets.
 */
export class IepError extends Error {
  readonly code: RefusalCode;
  /** Keeps `refusal` true: nodemailer writes a code of its own into the error that a stream ends with. */
  readonly #code: RefusalCode;
  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfterMs: number | undefined;
  /** Extra members of the problem document, such as `messageId`. */
  readonly extra: Readonly<Record<string, string>> | undefined;
  /** Where a tenant with rate limits stands. */
  readonly rates: readonly RateState[] | undefined;

  constructor(
    code: RefusalCode,
    detail?: string,
    more: {
      errors?: readonly FieldError[];
      retryAfterMs?: number;
      extra?: Record<string, string>;
      rates?: readonly RateState[] | undefined;
      cause?: unknown;
    } = {},
  ) {
    const message = detail === undefined ? refusals[code].title : shown(detail, MAX_DETAIL_LENGTH);
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'IepError';
    this.code = code;
    this.#code = code;
    this.errors = more.errors?.map(shownError);
    this.retryAfterMs = more.retryAfterMs;
    this.extra = more.extra;
    this.rates = more.rates;
  }

  get refusal(): Refusal {
    return refusals[this.#code];
  }
}

/** Names of fields come from the caller too, who may have put a value there. */
function shownError({ path, message, ...where }: FieldError): FieldError {
  return { ...where, path: shown(path, MAX_NAME_LENGTH), message: shown(message, MAX_MESSAGE_LENGTH) };
}
