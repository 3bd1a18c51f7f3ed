/**
 * Reads a mail that came back: delivery reports (RFC 3464, 6522), complaints (RFC 5965), failures in words, and mail that only
 * answers. The work is bounded, because strangers write them: of what is larger only the beginning is read, where reports have what they say.
 */

import { createHash } from 'node:crypto';
import type { Email } from 'postal-mime';
import type { Returned } from '../../core/return-path.ts';
import type { FeedbackKind } from '../../db/verbs/feedback.ts';
import { aboutAnswered, aboutOriginal, messageIdOf } from './about.ts';
import { answerRules } from './answer-rules.ts';
import { readComplaint, readOlderComplaint } from './complaint.ts';
import { addressOf, readDeliveryStatus, timeOf } from './delivery-status.ts';
import { type Fields, firstOf, partText, readFieldGroups, readFields } from './fields.ts';
import { readBounceText } from './read-text.ts';
import type { Report, ReportedMail } from './report.ts';

/** Bytes of a mail that are read. */
export const MAX_REPORT_BYTES = 256 * 1024;
/** Lines of it; and those of them that may part one part from the next. What a report says stands before them. */
const MAX_LINES = 20_000;
const MAX_PARTS = 500;
/** Characters of HTML, where there is no text. */
const MAX_HTML = 64 * 1024;
const LINE_END = 0x0a;
const DASH = 0x2d;
/** Recipients of one report that are kept. */
const MAX_RECIPIENTS = 500;
/** Bytes of all headers of its parts together, and how deep parts lie in parts. */
const limits = { maxHeadersSize: 128 * 1024, maxNestingDepth: 20, maxRfc822NestingDepth: 0 } as const;

const STATUS_TYPES = ['message/delivery-status', 'message/global-delivery-status'];
const ORIGINAL_TYPES = [
  ...['message/rfc822', 'message/global', 'message/global-headers'],
  ...['text/rfc822-headers', 'message/rfc822-headers'],
];
/** Who writes of failures and answers nobody. */
const OF_A_SERVER = /^(?:mailer-daemon|postmaster|mail-daemon|microsoftexchange[0-9a-f]{32})@|^$/i;

/** Whom the mail with this header is about by the return path that it came to. */
export type FindReturned = (header: Fields) => Returned | undefined;

/** Never rejects for what a mail holds: what cannot be read is `unknown`. */
export async function readReport(given: Uint8Array, returned: FindReturned = () => undefined): Promise<ReportedMail> {
  const email = await parse(beginningOf(given));
  const header = headerOf(email);
  const at = timeOf(firstOf(header, 'date'));
  const id =
    messageIdOf(firstOf(header, 'message-id')) ??
    createHash('sha256').update(given.subarray(0, MAX_REPORT_BYTES)).digest('hex');
  const { reports, original } = readParts(email, header, await wordsOf(email));
  // The return path is signed, and what the mail says of its message is not.
  const about = returned(header) ?? aboutOriginal(original);
  return {
    ...{ id, about: Object.keys(about).length > 0 ? about : aboutAnswered(header) },
    ...(at !== undefined && { at }),
    reports: reports.length > 0 ? reports.slice(0, MAX_RECIPIENTS) : [{ kind: 'unknown' }],
  };
}

/** The parser has work with each line, and looks at all parts that it has for each that it comes to. */
function beginningOf(given: Uint8Array): Uint8Array {
  const bytes = given.subarray(0, MAX_REPORT_BYTES);
  let parts = 0;
  let end = 0;
  for (let lines = 0; lines < MAX_LINES && parts < MAX_PARTS; lines += 1) {
    const at = bytes.indexOf(LINE_END, end);
    if (at === -1) return bytes;
    end = at + 1;
    if (bytes[end] === DASH && bytes[end + 1] === DASH) parts += 1;
  }
  return bytes.subarray(0, end);
}

/** Undefined where it goes beyond the limits. */
async function parse(bytes: Uint8Array): Promise<Email | undefined> {
  // Loaded with the first report: no other call needs it.
  const { default: PostalMime } = await import('postal-mime');
  try {
    return await PostalMime.parse(bytes, limits);
  } catch {
    return undefined;
  }
}

/** What it says to people. Exchange may write that in HTML alone. */
async function wordsOf({ text = '', html = '' }: Partial<Email> = {}): Promise<string> {
  if (text.trim() !== '' || html === '') return partText(text);
  const { textFromHtml } = await import('../render/text-from-html.ts');
  return partText(textFromHtml(html.slice(0, MAX_HTML)));
}

interface Read {
  readonly reports: readonly Report[];
  /** The header of the message that came back; empty where it did not. */
  readonly original: Fields;
}

function readParts(email: Email | undefined, header: Fields, words: string): Read {
  const part = (types: readonly string[]) => {
    const found = email?.attachments.find(({ mimeType }) => types.includes(mimeType));
    return found && partText(found.content);
  };
  const inWords = () => readBounceText(words);
  const status = part(STATUS_TYPES);
  const copy = readFields(part(ORIGINAL_TYPES) ?? '');
  const original = copy.size > 0 ? copy : originalIn(status ?? '');
  if (status !== undefined) return { reports: readDeliveryStatus(status, () => inWords()?.reports ?? []), original };
  const complaint = part(['message/feedback-report']);
  if (complaint !== undefined) return { reports: readComplaint(complaint, original), original };
  const sender = addressOf(firstOf(header, 'from')) ?? '';
  const older = readOlderComplaint(sender, original);
  if (older !== undefined) return { reports: older, original };
  const answer = answerOf(header);
  // A person may quote a failure, and so may what answers for that person.
  const isQuoted = answer === 'challenge' || (answer === 'auto_reply' && !OF_A_SERVER.test(sender));
  const told = isQuoted ? undefined : inWords();
  // Who writes has a mailbox.
  const reports = told?.reports.filter(({ recipient }) => recipient?.toLowerCase() !== sender.toLowerCase()) ?? [];
  if (told !== undefined && reports.length > 0) {
    return { reports, original: original.size > 0 ? original : readFields(told.rest) };
  }
  if (answer === undefined || (answer === 'auto_reply' && OF_A_SERVER.test(sender))) {
    const pasted = OF_A_SERVER.test(sender) ? pastedStatus(words) : undefined;
    return { reports: pasted?.reports ?? [], original: original.size > 0 ? original : (pasted?.original ?? original) };
  }
  return { reports: [{ kind: answer, ...(sender !== '' && { recipient: sender }) }], original };
}

/** Some servers write the fields of a delivery report into the text, as Amazon WorkMail does. */
function pastedStatus(text: string): Read | undefined {
  const start = /^(?:Reporting-MTA|Final-Recipient): /im.exec(text)?.index;
  if (start === undefined) return undefined;
  const pasted = text.slice(start);
  const reports = readDeliveryStatus(pasted).filter(({ kind }) => kind !== 'unknown');
  return { reports, original: originalIn(pasted) };
}

/** What a report without a copy of the message says of it, as Exchange and SparkPost do. */
function originalIn(status: string): Fields {
  const fields = ['x-original-message-id', 'original-message-id', 'message-id'];
  const ids = readFieldGroups(status).flatMap((group) => fields.flatMap((name) => group.get(name) ?? []));
  return ids[0] === undefined ? new Map() : new Map([['message-id', [ids[0]]]]);
}

function answerOf(header: Fields): FeedbackKind | undefined {
  return answerRules.find(({ field, value }) => header.get(field)?.some((one) => value.test(one)) === true)?.kind;
}

function headerOf(email: Email | undefined): Fields {
  const fields = new Map<string, string[]>();
  for (const { key, value } of email?.headers ?? []) {
    const values = fields.get(key) ?? [];
    values.push(value.slice(0, 2_000));
    fields.set(key, values);
  }
  // Decoded, as people read it.
  if (email?.subject !== undefined) fields.set('subject', [email.subject.slice(0, 2_000)]);
  return fields;
}
