/**
 * Header surgery on a message that comes in whole: a `Received` field is added, `From`, `Date` and `Message-ID` where
 * they are missing; `Bcc`, `Resent-Bcc` and `X-IEP-…` are taken out. Every other field keeps its bytes and its place, so
 * that a DKIM signature over them still verifies. What the message's row needs is read on the way.
 */

import { isUtf8 } from 'node:buffer';
import { domainOf, formatMailbox, isUnsafeText, toMailbox } from '../../core/address.ts';
import { type FieldError, IepError } from '../../core/errors.ts';
import { invalid } from '../../core/invalid.ts';
import type { Mailbox, Submission } from '../../core/message.ts';
import { decodeText, fieldValue, type HeaderField, readHeader, refuseHiddenFields } from './header.ts';
import { readAddressList, readClearly, readFrom } from './header-addresses.ts';
import { type IepFields, readIepFields } from './iep-fields.ts';
import { readRcptList } from './rcpt-list.ts';
import { type Arrival, formatDate, receivedField } from './received.ts';

/** More `Received` fields than this, and the message goes in circles (RFC 5321 §6.3). */
const MAX_RECEIVED = 50;
/** Of a subject, for lists; the message keeps all of it. */
const MAX_SUBJECT_LENGTH = 998;
const ADDRESS_FIELD =
  /^(?:(?:resent-)?(?:from|sender|reply-to|to|cc|bcc)|return-path|errors-to|return-receipt-to|disposition-notification-to)$/;
/** Any but those that fold a field. */
const CONTROL = /[^\P{Cc}\t\r\n]/u;
const EIGHT_BIT = /[\x80-\xff]/;
const MESSAGE_ID = /<[^<>\s]+>/;
const IEP_PREFIX = 'x-iep-';

export interface RawEnvelope {
  readonly door: Submission['door'];
  /** The message's id, which stands in `Received`. */
  readonly id: string;
  /** Epoch ms at which it came in. */
  readonly now: number;
  readonly arrival: Arrival;
  /** Reverse path, empty for the null sender. Absent: the message's `From`. */
  readonly envelopeFrom?: string;
  /** SMTP's RCPT list. Absent: the header's `X-IEP-Rcpt-To`, else its `To`, `Cc` and `Bcc`. */
  readonly rcpt?: readonly string[];
  /**
   * Whether the client said SMTPUTF8. A UTF-8 header of one that did not is passed on to servers without that extension,
   * as relays always did. Absent: there was nobody to say it, and a UTF-8 header asks for the extension.
   */
  readonly smtpUtf8?: boolean;
}

export interface EditedHeader {
  /** The new header, up to and with the empty line after it. */
  readonly bytes: Buffer;
  /** Where the old header ended in the block, its empty line not included. */
  readonly end: number;
  readonly utf8Header: boolean;
  readonly submission: Omit<Submission, 'content'>;
  /** It is made with a template, and its body is not sent. */
  readonly made?: NonNullable<IepFields['made']>;
}

/** `block` begins where the message begins and ends with a whole line. Throws the refusals of a message that is not taken. */
export function editHeader(block: Buffer, envelope: RawEnvelope): EditedHeader {
  const text = block.toString('latin1');
  const header = readHeader(text);
  const { fields, start, end } = header;
  refuseHiddenFields(text, header);
  const found = sortFields(text, fields);
  if (found.received > MAX_RECEIVED) throw new IepError('mail_loop', `It has ${found.received} Received fields`);

  const errors = controlFaults(text, fields);
  const from = findSender(found.from, envelope.envelopeFrom, errors);
  const { made, ...iepFields } = readIepFields(found.iep, errors);
  const rcpt = envelope.rcpt ?? readRcptTo(found.rcptTo, errors);
  const recipients = readRecipients(found, rcpt !== undefined, errors);
  const otherSenders = readOtherSenders(found.otherSenders, errors);
  if (errors.length > 0) throw invalid(errors);

  const messageId = found.messageId ?? `<${envelope.id}@${domainOf(from.email)}>`;
  const addedFrom = found.from.length > 0 ? '' : fromField(from);
  const added =
    receivedField(envelope) +
    addedFrom +
    (found.hasDate ? '' : `Date: ${formatDate(envelope.now)}\r\n`) +
    (found.messageId === undefined ? `Message-ID: ${messageId}\r\n` : '');
  // Who asks us for a link has ours.
  const replaced = iepFields.unsubscribe === undefined ? [] : found.ownLinks;
  const removed = [...found.removed, ...replaced].sort((one, other) => one.start - other.start);
  const kept = withoutFields(text.slice(start, end), removed, start);
  // Only a message that ends within its header can lack this line end.
  const lastLineEnd = kept === '' || kept.endsWith('\n') ? '' : '\r\n';
  const bytes = Buffer.from(`${added}${kept}${lastLineEnd}\r\n`, 'latin1');
  const { envelopeFrom, id, door } = envelope;
  return {
    bytes,
    end,
    ...(made && { made }),
    utf8Header: EIGHT_BIT.test(addedFrom + kept) && isUtf8(bytes) && envelope.smtpUtf8 !== false,
    submission: {
      id,
      door,
      from,
      ...recipients,
      ...(rcpt !== undefined && { rcpt }),
      ...(envelopeFrom !== undefined && envelopeFrom !== from.email && { envelopeFrom }),
      ...replyToOf(found.replyTo),
      ...(otherSenders.length > 0 && { otherSenders }),
      subject: oneLine(decodeText(found.subject ?? '')),
      messageIdHeader: MESSAGE_ID.exec(messageId)?.[0] ?? messageId,
      ...iepFields,
    },
  };
}

interface FoundFields {
  readonly from: string[];
  readonly to: string[];
  readonly cc: string[];
  readonly bcc: string[];
  readonly iep: (readonly [name: string, value: string])[];
  readonly removed: HeaderField[];
  readonly ownLinks: HeaderField[];
  readonly replyTo: string[];
  readonly otherSenders: (readonly [name: string, value: string])[];
  rcptTo?: string;
  subject?: string;
  messageId?: string;
  hasDate: boolean;
  received: number;
}

function sortFields(text: string, fields: readonly HeaderField[]): FoundFields {
  const found: FoundFields = {
    from: [],
    to: [],
    cc: [],
    bcc: [],
    replyTo: [],
    otherSenders: [],
    iep: [],
    removed: [],
    ownLinks: [],
    hasDate: false,
    received: 0,
  };
  for (const field of fields) {
    const { name } = field;
    switch (name) {
      case 'received':
        found.received++;
        break;
      case 'from': {
        // A field without a value is as good as missing, and two of them would be one too many.
        const value = fieldValue(text, field);
        if (value === '') found.removed.push(field);
        else found.from.push(value);
        break;
      }
      case 'to':
      case 'cc':
        found[name].push(fieldValue(text, field));
        break;
      case 'bcc':
        found.bcc.push(fieldValue(text, field));
        found.removed.push(field);
        break;
      case 'resent-bcc':
        found.removed.push(field);
        break;
      case 'sender':
      case 'resent-from':
      case 'resent-sender':
        found.otherSenders.push([name, fieldValue(text, field)]);
        break;
      case 'reply-to':
        found.replyTo.push(fieldValue(text, field));
        break;
      case 'subject':
        found.subject ??= fieldValue(text, field);
        break;
      case 'date':
        if (fieldValue(text, field) === '') found.removed.push(field);
        else found.hasDate = true;
        break;
      case 'message-id': {
        const value = fieldValue(text, field);
        if (value === '') found.removed.push(field);
        else found.messageId ??= value;
        break;
      }
      case 'list-unsubscribe':
      case 'list-unsubscribe-post':
        found.ownLinks.push(field);
        break;
      case 'x-iep-rcpt-to':
        found.rcptTo ??= fieldValue(text, field);
        found.removed.push(field);
        break;
      default:
        if (!name.startsWith(IEP_PREFIX)) break;
        found.iep.push([name.slice(IEP_PREFIX.length), decodeText(fieldValue(text, field))]);
        found.removed.push(field);
    }
  }
  return found;
}

/** Readers differ in where a control character ends an address, so there may be none in a field of addresses. */
function controlFaults(text: string, fields: readonly HeaderField[]): FieldError[] {
  return fields
    .filter(({ name }) => ADDRESS_FIELD.test(name))
    .filter(({ valueStart, end }) => CONTROL.test(Buffer.from(text.slice(valueStart, end), 'latin1').toString()))
    .map(({ name }) => ({ path: name, message: 'must be without control characters' }));
}

/** Each field must name mailboxes that no reader could take for others; one without a domain (`root`) names none. */
function readOtherSenders(fields: FoundFields['otherSenders'], errors: FieldError[]): readonly string[] {
  return fields.flatMap(([path, value]) => {
    if (!decodeText(value).includes('@')) return [];
    const mailboxes = readClearly([value]);
    if (mailboxes !== undefined) return mailboxes.map(({ email }) => email);
    errors.push({ path, message: 'must name its mailbox in one way only, such as "User <user@example.com>"' });
    return [];
  });
}

/** Who the message says it is from. The reverse path stands in for a `From` that is missing, and for no other. */
function findSender(values: readonly string[], envelopeFrom: string | undefined, errors: FieldError[]): Mailbox {
  const [value, second] = values;
  const mailbox = value === undefined ? toMailbox(envelopeFrom ?? '') : readFrom(value);
  if (mailbox !== undefined && second === undefined) return mailbox;
  const message =
    value === undefined ? 'is missing' : 'must be one field that names one mailbox, such as "User <user@example.com>"';
  errors.push({ path: 'from', message });
  return { email: '' };
}

function fromField(from: Mailbox): string {
  return `From: ${Buffer.from(formatMailbox(from)).toString('latin1')}\r\n`;
}

function replyToOf(values: readonly string[]): Pick<Submission, 'replyTo' | 'replyToAddresses'> {
  if (values.length === 0) return {};
  const clear = readClearly(values);
  const mailboxes = clear ?? readAddressList(values.join(', ')).mailboxes;
  return {
    replyTo: mailboxes.map(formatMailbox).join(', '),
    replyToAddresses: clear?.map(({ email }) => email) ?? 'unclear',
  };
}

/** Of several such fields the first holds: what hands the message in puts its own before those that are there. */
function readRcptTo(value: string | undefined, errors: FieldError[]): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const { addresses, faults } = readRcptList(value.replaceAll('\t', ' '));
  const all = addresses.length === 0 && faults.length === 0 ? ['names no recipient'] : faults;
  errors.push(...all.map((message) => ({ path: 'X-IEP-Rcpt-To', message })));
  return addresses;
}

function readRecipients(
  found: FoundFields,
  hasEnvelope: boolean,
  errors: FieldError[],
): Pick<Submission, 'to' | 'cc' | 'bcc'> {
  const read = (kind: 'to' | 'cc' | 'bcc'): readonly Mailbox[] => {
    if (found[kind].length === 0) return [];
    const { mailboxes, unreadable } = readAddressList(found[kind].join(', '));
    // Where the envelope is given, these only say what is shown.
    if (!hasEnvelope) {
      for (const { text, fault } of unreadable) errors.push({ path: kind, message: `"${text}" ${fault}` });
    }
    return mailboxes;
  };
  const to = read('to');
  const cc = read('cc');
  const bcc = hasEnvelope ? [] : read('bcc');
  return { to, ...(cc.length > 0 && { cc }), ...(bcc.length > 0 && { bcc }) };
}

/** `text`, which begins at `offset` of the block, without the fields given. */
function withoutFields(text: string, removed: readonly HeaderField[], offset: number): string {
  if (removed.length === 0) return text;
  let kept = '';
  let from = 0;
  for (const { start, end } of removed) {
    kept += text.slice(from, start - offset);
    from = end - offset;
  }
  return kept + text.slice(from);
}

function oneLine(text: string): string {
  const short = text.slice(0, MAX_SUBJECT_LENGTH);
  return isUnsafeText(short) ? short.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ') : short;
}
