/**
 * A copy of a message that came whole: the HTML parts that readers see are tracked, and all else stays as it came, byte for byte. What is
 * signed or encrypted stays whole: nobody could tell our change from another's. Works on text that holds one byte a character.
 */

import { readHeader } from '../rfc5322/header.ts';
import { MAX_TRACKED_MIME, type TrackedCopy } from './links.ts';
import { decodeQuotedPrintable, encodeQuotedPrintable } from './quoted-printable.ts';
import { trackHtml } from './track-html.ts';

/** Parts within parts, and parts in all, that are looked at. */
const MAX_DEPTH = 20;
const MAX_PARTS = 200;

const SEALED = /^(?:multipart\/(?:signed|encrypted)|application\/(?:x-)?pkcs7-mime|application\/pgp-encrypted)$/;
const INLINE_PGP = '-----BEGIN PGP ';
/** In which a byte below 128 is the character that it is in ASCII. */
const LIKE_ASCII = /^(?:utf-?8|us-ascii|ascii|iso-8859-\d{1,2}|windows-125\d|latin1)$/;

interface Part {
  readonly type: string;
  readonly encoding: string;
  readonly charset: string;
  readonly isAttachment: boolean;
  /** Where its header begins, and its body begins and ends. */
  readonly start: number;
  readonly bodyStart: number;
  readonly end: number;
}

/** Undefined where nothing of it is tracked. */
export function trackMime(mime: Uint8Array, copy: TrackedCopy): Uint8Array | undefined {
  if (mime.byteLength > MAX_TRACKED_MIME) return undefined;
  const text = Buffer.from(mime.buffer, mime.byteOffset, mime.byteLength).toString('latin1');
  const { fields } = readHeader(text);
  if (fields.some(({ name }) => name === 'dkim-signature') || text.includes(INLINE_PGP)) return undefined;
  const parts = partsOf(text);
  if (parts === undefined || parts.some(({ type }) => SEALED.test(type))) return undefined;
  const html = parts.filter(({ type, isAttachment }) => type === 'text/html' && !isAttachment);
  const pieces: string[] = [];
  let from = 0;
  for (const part of html) {
    const changed = trackPart(text, part, copy);
    if (changed === undefined) continue;
    pieces.push(text.slice(from, part.start), changed);
    from = part.end;
  }
  if (pieces.length === 0) return undefined;
  return Buffer.from(pieces.join('') + text.slice(from), 'latin1');
}

/** All parts in their order, those that hold others included; undefined where there are too many. */
function partsOf(text: string): readonly Part[] | undefined {
  const found: Part[] = [];
  const walk = (start: number, end: number, depth: number): boolean => {
    if (depth > MAX_DEPTH || found.length >= MAX_PARTS) return false;
    const part = readPart(text, start, end);
    found.push(part);
    if (!part.type.startsWith('multipart/')) return true;
    const ranges = part.boundary === undefined ? [] : rangesOf(text, part, part.boundary);
    return ranges.every(([from, to]) => walk(from, to, depth + 1));
  };
  return walk(0, text.length, 0) ? found : undefined;
}

function readPart(text: string, start: number, end: number): Part & { readonly boundary: string | undefined } {
  const block = text.slice(start, end);
  const header = readHeader(block);
  const fieldOf = (name: string) => {
    const field = header.fields.find((one) => one.name === name);
    return field === undefined
      ? ''
      : block
          .slice(field.valueStart, field.end)
          .replace(/\r\n(?=[ \t])/g, '')
          .trim();
  };
  const type = fieldOf('content-type');
  const isEmptyLine = block.startsWith('\r\n', header.end);
  return {
    type: type.split(';')[0]?.trim().toLowerCase() || 'text/plain',
    boundary: parameterOf(type, 'boundary'),
    charset: (parameterOf(type, 'charset') ?? 'us-ascii').toLowerCase(),
    encoding: fieldOf('content-transfer-encoding').toLowerCase() || '7bit',
    isAttachment: /^attachment\b/i.test(fieldOf('content-disposition')),
    start,
    bodyStart: start + header.end + (isEmptyLine ? 2 : 0),
    end,
  };
}

function parameterOf(value: string, name: string): string | undefined {
  for (const part of value.split(';').slice(1)) {
    const [key = '', ...rest] = part.split('=');
    if (key.trim().toLowerCase() !== name) continue;
    return rest
      .join('=')
      .trim()
      .replace(/^"(.*)"$/, '$1');
  }
  return undefined;
}

/** From where to where the parts between the boundaries go. */
function rangesOf(text: string, { bodyStart, end }: Part, boundary: string): readonly (readonly [number, number])[] {
  if (boundary === '') return [];
  const line = `--${boundary}`;
  const ranges: [number, number][] = [];
  let open: number | undefined;
  // The line break before a boundary belongs to it; the first may stand at the very beginning.
  let at = text.startsWith(line, bodyStart) ? bodyStart : text.indexOf(`\r\n${line}`, bodyStart);
  while (at !== -1 && at < end) {
    const lineStart = text.startsWith('\r\n', at) ? at + 2 : at;
    const behind = lineStart + line.length;
    const isLast = text.startsWith('--', behind);
    const isBoundary = isLast || /[ \t\r]/.test(text[behind] ?? '\r');
    if (isBoundary) {
      if (open !== undefined) ranges.push([open, Math.min(at, end)]);
      const next = text.indexOf('\r\n', behind);
      if (isLast || next === -1) return ranges;
      open = next + 2;
      at = text.startsWith(line, open) ? open : text.indexOf(`\r\n${line}`, next);
      continue;
    }
    at = text.indexOf(`\r\n${line}`, behind);
  }
  return open === undefined ? ranges : [...ranges, [open, end]];
}

/** With its header; undefined where it stays as it is. */
function trackPart(text: string, part: Part, copy: TrackedCopy): string | undefined {
  const { charset, encoding, start, bodyStart, end } = part;
  if (!LIKE_ASCII.test(charset)) return undefined;
  const html = decoded(text.slice(bodyStart, end), encoding);
  if (html === undefined) return undefined;
  const tracked = trackHtml(html, copy, addressIn(charset));
  if (tracked === html) return undefined;
  const header = text.slice(start, bodyStart);
  if (encoding === 'base64') return header + base64(tracked) + (text.startsWith('\r\n', end - 2) ? '\r\n' : '');
  const body = encodeQuotedPrintable(tracked);
  return (encoding === 'quoted-printable' ? header : withEncoding(header)) + body;
}

function decoded(body: string, encoding: string): string | undefined {
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(body);
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('latin1');
  return ['7bit', '8bit', 'binary'].includes(encoding) ? body : undefined;
}

function base64(text: string): string {
  const encoded = Buffer.from(text, 'latin1').toString('base64');
  return (encoded.match(/.{1,76}/g) ?? []).join('\r\n');
}

/** A line with one of our links may be longer than a line of a mail may be. */
function withEncoding(header: string): string {
  const { fields, end } = readHeader(header);
  const field = fields.find(({ name }) => name === 'content-transfer-encoding');
  const line = 'Content-Transfer-Encoding: quoted-printable\r\n';
  if (field === undefined) return header.slice(0, end) + line + header.slice(end);
  return header.slice(0, field.start) + line + header.slice(field.end);
}

/** What an address says of which each character is a byte, or was written by its number; undefined where that is not clear. */
function addressIn(charset: string): (href: string) => string | undefined {
  return (href) => {
    if (/^[\0-\x7f]*$/.test(href)) return href;
    const isBytes = /^[\0-\xff]*$/.test(href);
    return isBytes && charset.startsWith('utf') ? Buffer.from(href, 'latin1').toString('utf8') : undefined;
  };
}
