/**
 * What programs on this machine leave out of a header because the local mail system has always known it: the From field,
 * and the domain of addresses such as `root`. Lines end in CRLF then; fields that lack nothing keep their bytes.
 */

import { readMailbox } from '../../core/mailbox-list.ts';
import { encodeText, type HeaderField, readHeader, refuseHiddenFields } from './header.ts';
import { withCrLf } from './line-ends.ts';

/** Enough for any header; what lies beyond is left as it is. */
const HEADER_BYTES = 256 * 1024;
const ADDRESS_FIELDS = /^(?:resent-)?(?:from|sender|reply-to|to|cc|bcc)$/;
/** The pieces of an address list between its commas: quoted strings and comments are whole, and without an end the last. */
const LIST_ITEM = /(?:"(?:[^"\\]|\\[\s\S])*(?:"|\\?$)|\((?:[^()\\]|\\[\s\S])*(?:[()]|\\?$)|[^,"(])+|,/g;
/** `root`, perhaps with a comment after it. */
const BARE_NAME = /^(\s*)([\w.+-]+)(\s*(?:\([\s\S]*\)\s*)?)$/;
const ANGLE_NAME = /<([\w.+-]+)>/;
const ASCII = /^[\x20-\x7e]*$/;

export function completeHeader(
  raw: Uint8Array,
  { from, domain }: { from: string; domain: string },
): Buffer<ArrayBuffer> {
  const bytes = withCrLf(raw);
  const text = bytes.toString('latin1', 0, HEADER_BYTES);
  const read = readHeader(text);
  const { fields, start, end } = read;
  refuseHiddenFields(text, read);
  const senders = fields.filter((field) => field.name === 'from' && unfold(text, field) !== '');
  let header = senders.length === 0 ? `From: ${Buffer.from(encodeName(from)).toString('latin1')}\r\n` : '';
  let copied = start;
  for (const field of fields) {
    const value = text.slice(field.valueStart, field.end);
    const complete = ADDRESS_FIELDS.test(field.name) ? qualifyList(value, domain) : value;
    if (complete === value) continue;
    header += text.slice(copied, field.valueStart) + complete;
    copied = field.end;
  }
  header += text.slice(copied, end);
  // A body that begins right where the header broke off must not become part of it.
  const separated = text.startsWith('\r\n', end) || end === bytes.length;
  const completed = [Buffer.from(header, 'latin1'), ...(separated ? [] : [Buffer.from('\r\n')]), bytes.subarray(end)];
  return Buffer.concat(completed);
}

/** A name in other letters as encoded words: UTF-8 is only for servers with SMTPUTF8, and others may garble it. */
function encodeName(from: string): string {
  const { name, email } = readMailbox(from) ?? {};
  return name === undefined || ASCII.test(name) ? from : `${encodeText(name)} <${email}>`;
}

/** The list with `@domain` after each address that has none. */
function qualifyList(value: string, domain: string): string {
  return value.replace(LIST_ITEM, (item) => {
    if (item.includes('@')) return item;
    if (ANGLE_NAME.test(item)) return item.replace(ANGLE_NAME, `<$1@${domain}>`);
    return item.replace(BARE_NAME, `$1$2@${domain}$3`);
  });
}

/** An address of the command line with the local domain where it has none. */
export function qualify(address: string, domain: string): string {
  return address === '' || address.includes('@') ? address : `${address}@${domain}`;
}

/** What the recipients' fields of the header hold, as one address list; Resent- fields stand in for the others. */
export function recipientFields(raw: Uint8Array): string {
  const text = withCrLf(raw.subarray(0, HEADER_BYTES)).toString('latin1');
  const { fields } = readHeader(text);
  const resent = fields.filter(({ name }) => /^resent-(?:to|cc|bcc)$/.test(name));
  const named = resent.length > 0 ? resent : fields.filter(({ name }) => /^(?:to|cc|bcc)$/.test(name));
  return named.map((field) => unfold(text, field)).join(', ');
}

function unfold(text: string, { valueStart, end }: HeaderField): string {
  const value = text.slice(valueStart, end).replaceAll('\r\n', '').trim();
  return Buffer.from(value, 'latin1').toString('utf8');
}
