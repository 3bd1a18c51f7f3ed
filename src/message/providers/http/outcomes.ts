/**
 * What the answer of a vendor's API means, by a table of data: the rows of the vendor first, then those that hold for HTTP. The
 * first row that matches decides. A row that the account or the pace of the provider explains comes before what is said of the
 * message, so that no message pays for either.
 */

import { STATUS_CODES } from 'node:http';
import type { HttpHead } from '../../../base/net/http-client.ts';
import type { BounceClass, Outcome, ProviderReply } from '../../../core/outcome.ts';
import { oneLine } from '../reply.ts';

/** One thing that is wrong, by what the vendor calls its members: `{ field: 'from', message: 'The from …' }`. */
export type Fault = Readonly<Record<string, string>>;

export interface AnswerSample {
  readonly status: number;
  readonly headers?: HttpHead['headers'];
  readonly body?: unknown;
}

export interface AnswerRow {
  /** Answers that are documented or were seen. A test holds the row to them. */
  readonly samples: readonly AnswerSample[];
  /** Matched against the status as text. */
  readonly status: RegExp;
  /** Matched against members of one fault, all of them. Absent: whatever is said. */
  readonly says?: Readonly<Record<string, RegExp>>;
  readonly means:
    | { readonly kind: 'delivered' | 'deferred' | 'throttled' | 'unknown' }
    /** `sender`: of the account, and only as far as mail of this sender goes. */
    | { readonly kind: 'unavailable'; readonly account?: true; readonly sender?: true }
    /** `of: 'recipient'`: the one that the fault names, and nobody else. `others`: who has the message already. */
    | {
        readonly kind: 'rejected';
        readonly bounce: BounceClass;
        readonly of?: 'recipient';
        readonly others?: 'delivered';
      };
  /** Where that stands, and when it was read. */
  readonly source: string;
}

/** What is particular to a vendor's answers. */
export interface AnswerTable {
  readonly rows: readonly AnswerRow[];
  /** Where in the answer the faults are; `body` is JSON that was read, or undefined. Empty where it tells of none. */
  faults(body: unknown, headers: HttpHead['headers']): readonly Fault[];
  /** A fault in words. */
  words(fault: Fault): string;
  /** The header that says when a limit ends, beside `Retry-After`. */
  readonly reset?: { readonly header: string; readonly as: 'seconds' | 'epoch' };
}

export interface Heard extends HttpHead {
  readonly body: string;
  /** False: it broke off, or was longer than what is read of one. */
  readonly isWhole: boolean;
}

export interface Judged {
  /** Of the request as a whole; of those that no fault names. */
  readonly outcome: Outcome;
  /** It was refused for the sake of these alone: the others may go without them. */
  readonly ofRecipients: readonly { readonly fault: Fault; readonly outcome: Outcome }[];
}

const HTTP = 'RFC 9110, read 2026-11-29';

export const httpRows: readonly AnswerRow[] = [
  {
    samples: [{ status: 429 }],
    status: /^429$/,
    means: { kind: 'throttled' },
    source: 'RFC 6585 section 4, read 2026-11-29',
  },
  {
    samples: [{ status: 401 }, { status: 403 }, { status: 402 }],
    status: /^40[123]$/,
    means: { kind: 'unavailable', account: true },
    source: `${HTTP}, sections 15.5.2 to 15.5.4`,
  },
  {
    samples: [{ status: 301 }, { status: 307 }],
    status: /^3/,
    means: { kind: 'unavailable' },
    source: `${HTTP}, section 15.4; no redirect is followed`,
  },
  {
    samples: [{ status: 413 }, { status: 415 }],
    status: /^41[35]$/,
    means: { kind: 'rejected', bounce: 'content' },
    source: `${HTTP}, sections 15.5.14 and 15.5.16`,
  },
  {
    samples: [
      { status: 404 },
      { status: 405 },
      { status: 408 },
      { status: 500 },
      { status: 502 },
      { status: 503 },
      { status: 504 },
    ],
    status: /^(?:404|405|408|5..)$/,
    means: { kind: 'unavailable' },
    source: `${HTTP}, sections 15.5 and 15.6`,
  },
];

/** Somebody on the way may have said it, who did not read the message. */
const untold = { kind: 'deferred' } as const;

export function judgeAnswer(heard: Heard, table: AnswerTable, now: number): Judged {
  const { status } = heard;
  const faults = table.faults(jsonOf(heard), heard.headers);
  const given = faults.map((fault) => ({ fault, means: meaningOf(status, fault, table) }));
  const outcomeOf = (means: AnswerRow['means'], told: readonly Fault[]): Outcome => {
    const reply = replyOf(heard, told, table);
    switch (means.kind) {
      case 'rejected':
        return { kind: 'rejected', bounce: means.bounce, reply };
      case 'throttled': {
        const retryAfterMs = waitMsOf(heard.headers, table, now) ?? namedWaitMs(reply.text);
        return { kind: 'throttled', reply, ...(retryAfterMs !== undefined && { retryAfterMs }) };
      }
      case 'unavailable': {
        if (means.account) return { kind: 'unavailable', reply, account: true, ...(means.sender && { sender: true }) };
        // "Not now": as 421 is of SMTP.
        const retryAfterMs = waitMsOf(heard.headers, {}, now);
        return { kind: 'unavailable', reply, ...(retryAfterMs !== undefined && { busy: true, retryAfterMs }) };
      }
      default:
        return { kind: means.kind, reply };
    }
  };
  const ofRecipients = given.flatMap(({ fault, means }) =>
    isOfRecipient(means) ? [{ fault, outcome: outcomeOf(means, [fault]) }] : [],
  );
  const others = given.filter(({ means }) => !isOfRecipient(means));
  const first = others.find(({ means }) => means.kind !== 'rejected') ?? others[0];
  if (first) {
    const { means } = first;
    const isOfMessage = means.kind === 'rejected';
    const told = isOfMessage ? faults : [first.fault];
    return { outcome: outcomeOf(means, told), ofRecipients: isOfMessage ? ofRecipients : [] };
  }
  if (ofRecipients.length > 0) {
    const isTaken = given.some(({ means }) => means.kind === 'rejected' && means.others === 'delivered');
    return { outcome: outcomeOf(isTaken ? { kind: 'delivered' } : untold, faults), ofRecipients };
  }
  return { outcome: outcomeOf(meaningOf(status, {}, table), []), ofRecipients };
}

/** The members of an object in an answer; none where it is something else. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** The text of a fault. */
export function messageIn(member: unknown): string {
  return typeof member === 'string' ? member : 'an error without words';
}

function isOfRecipient(means: AnswerRow['means']): boolean {
  return means.kind === 'rejected' && means.of === 'recipient';
}

function meaningOf(status: number, fault: Fault, { rows }: AnswerTable): AnswerRow['means'] {
  const isTold = Object.keys(fault).length > 0;
  const row = [...rows, ...httpRows].find((one) => isOf(one, status, fault));
  if (row) return row.means;
  // A yes with an error in it that nobody knows: it may have been taken.
  if (isYes(status)) return { kind: isTold ? 'unknown' : 'delivered' };
  return isTold && /^4(?:00|22)$/.test(String(status)) ? { kind: 'rejected', bounce: 'content' } : untold;
}

export function isOf({ status, says = {} }: AnswerRow, given: number, fault: Fault): boolean {
  return (
    status.test(String(given)) && Object.entries(says).every(([member, pattern]) => pattern.test(fault[member] ?? ''))
  );
}

function isYes(status: number): boolean {
  return status >= 200 && status < 300;
}

function jsonOf({ body, isWhole }: Heard): unknown {
  if (!isWhole) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function replyOf({ status, headers, body }: Heard, faults: readonly Fault[], table: AnswerTable): ProviderReply {
  const reason = STATUS_CODES[status] ?? '';
  const location = headers.location === undefined ? '' : `to ${headers.location}`;
  const said = faults.length > 0 ? faults.map(table.words).join('; ') : `${reason} ${location || body}`;
  return { text: oneLine(`${status} ${said}`), code: status };
}

/** Undefined where no time is named. */
function waitMsOf(
  headers: HttpHead['headers'],
  { reset }: Pick<AnswerTable, 'reset'>,
  now: number,
): number | undefined {
  const after = headers['retry-after'];
  const named = after === undefined ? undefined : retryAfterMs(after, now);
  if (named !== undefined || !reset) return named;
  const number = Number(headers[reset.header] ?? Number.NaN);
  if (!Number.isFinite(number) || number < 0) return undefined;
  return Math.max(0, number * 1_000 - (reset.as === 'epoch' ? now : 0));
}

/** Seconds, or a date (RFC 9110 section 10.2.3). */
function retryAfterMs(text: string, now: number): number | undefined {
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(text.trim())) return Math.ceil(Number(text) * 1_000);
  // Else a number of another kind would be read as a date that is long over.
  const at = /^[A-Z][a-z]{2,8}, /.test(text.trim()) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** Where it stands in words alone: `limit exceeded, try again after 120 seconds`. */
function namedWaitMs(text: string): number | undefined {
  const [, seconds] = /\b(?:in|after) (\d{1,6}) seconds?\b/i.exec(text) ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}
