/**
 * The header block of a message as it came in: where it ends, and where each field of it stands. Works on text that holds
 * one byte a character (latin1), so that indexes of the text are indexes of the bytes and nothing is decoded that nobody reads.
 */

import libmime from 'libmime';
import { IepError } from '../../core/errors.ts';

export interface HeaderField {
  /** In lower case. */
  readonly name: string;
  /** Where the field begins, where its value begins, and where it ends, its last CRLF included. */
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

export interface Header {
  readonly fields: readonly HeaderField[];
  /** Where the last field ends. */
  readonly end: number;
  /** Where the first field begins: after a byte order mark, and a `From ` line of a mailbox file, which is not a field. */
  readonly start: number;
}

const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
/** What editors of Windows put before UTF-8, as bytes. */
const BYTE_ORDER_MARK = '\xef\xbb\xbf';
/** Not `From : x`, which is a field with a blank before its colon. */
const MBOX_LINE = /^>?From (?![ \t]*:)/;

/**
 * Reads the fields from the start of `text`, whose lines end in CRLF. The header ends at an empty line, or at the first
 * line that cannot belong to it: hops differ in what they make of such a line, so the rule is fixed here.
 */
export function readHeader(text: string): Header {
  const fields: { name: string; start: number; valueStart: number; end: number }[] = [];
  const mark = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  const start = MBOX_LINE.test(text.slice(mark)) ? endOfLine(text, mark) : mark;
  let at = start;
  while (at < text.length) {
    const end = endOfLine(text, at);
    const first = text.charCodeAt(at);
    if (first === SPACE || first === TAB) {
      const last = fields.at(-1);
      if (last === undefined) break;
      last.end = end;
    } else {
      const colon = endOfName(text, at);
      if (colon === -1) break;
      fields.push({ name: text.slice(at, colon).trimEnd().toLowerCase(), start: at, valueStart: colon + 1, end });
    }
    at = end;
  }
  return { fields, start, end: at };
}

/** Fields that no recipient may see, however they are spelled. */
const PRIVATE_FIELD = /^(?:(?:resent-)?bcc\b.*[:@]|x-iep-[a-z-]+\s*:)/i;
const NOT_PRINTABLE = /[^\x20-\x7e]/g;

/**
 * Refuses a message whose header breaks off, at a line that is not a field, where a field stands after the break that
 * nobody may see: it would be read in the body. `end` is where the header broke off.
 */
export function refuseHiddenFields(text: string, { fields, end }: Pick<Header, 'fields' | 'end'>): void {
  if (end >= text.length || text.startsWith('\r\n', end)) return;
  const blank = text.indexOf('\r\n\r\n', end);
  const lines = text.slice(end, blank === -1 ? text.length : blank).split('\r\n');
  const last = fields.at(-1)?.name ?? '';
  const isHidden = /^(?:resent-)?bcc$/.test(last) || lines.some((line) => PRIVATE_FIELD.test(plain(line)));
  if (!isHidden) return;
  const message = `its header breaks off at "${plain(lines[0] ?? '').slice(0, 60)}", which is not a field, beside a field that recipients must not see`;
  throw new IepError('invalid_request', message, { errors: [{ path: 'header', message }] });
}

function plain(line: string): string {
  return line.replace(NOT_PRINTABLE, '').trim();
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end + 1;
}

/** The index of the colon after a field name (RFC 5322 §2.2, and §4.5.1's blanks before it); -1 when there is none. */
function endOfName(text: string, from: number): number {
  let at = from;
  let code = text.charCodeAt(at);
  while (code > SPACE && code < 0x7f && code !== COLON) code = text.charCodeAt(++at);
  if (at === from) return -1;
  while (code === SPACE || code === TAB) code = text.charCodeAt(++at);
  return code === COLON ? at : -1;
}

const FOLD = /\r\n(?=[ \t])/g;
const EIGHT_BIT = /[\x80-\xff]/;

/** The value of a field on one line, its UTF-8 decoded, its encoded words not. */
export function fieldValue(text: string, field: HeaderField): string {
  const value = text.slice(field.valueStart, field.end).replace(FOLD, '').trim();
  return EIGHT_BIT.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value;
}

/** Text with its encoded words (RFC 2047) decoded. */
export function decodeText(text: string): string {
  return text.includes('=?') ? libmime.decodeWords(text) : text;
}

/** Text as encoded words, folded: what a phrase of an ASCII header has in place of other letters. */
export function encodeText(text: string): string {
  return libmime.encodeWord(text, 'Q', ENCODED_WORD_LENGTH).replaceAll(' ', '\r\n ');
}

/** RFC 2047 §2. */
const ENCODED_WORD_LENGTH = 75;
