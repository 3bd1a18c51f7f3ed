/**
 * What a call asked for, as the audit log keeps it: the body and what the route adds, without secrets, without
 * content, and no longer than a line that somebody reads.
 */

import { createHash } from 'node:crypto';
import { isSecretName } from '../../core/secret-names.ts';
import { MAX_NAME_LENGTH, shown } from '../../core/shown.ts';

const CUT = '***';
const MAX_TEXT = 300;
const MAX_ITEMS = 50;
const MAX_DEPTH = 6;
const MAX_DETAIL_CHARACTERS = 8_000;

/** Fields that hold mail or files: how much, and not what. */
const CONTENT_NAMES: ReadonlySet<string> = new Set([
  ...['content', 'html', 'text', 'htmlbody', 'textbody', 'body', 'raw', 'csv', 'data', 'variables', 'attachments'],
]);

/** JSON of `fields`; where that is too long, of what they are called. */
export function whatChanged(fields: Readonly<Record<string, unknown>>): string {
  const whole = JSON.stringify(clean(fields, 0));
  if (whole.length <= MAX_DETAIL_CHARACTERS) return whole;
  const names = Object.entries(fields).map(([name, value]) => [name, namesOf(value)]);
  const short = JSON.stringify({ shortened: true, ...Object.fromEntries(names) });
  return short.length <= MAX_DETAIL_CHARACTERS ? short : '{"shortened":true}';
}

function namesOf(value: unknown): unknown {
  if (Array.isArray(value)) return `${value.length} items`;
  if (typeof value === 'object' && value !== null) return Object.keys(value).slice(0, MAX_ITEMS).map(shownName);
  return typeof value === 'string' ? `${value.length} characters` : value;
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return shownText(value);
  if (value instanceof Uint8Array) return sizeOf(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '…';
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => clean(item, depth + 1));
    return value.length > MAX_ITEMS ? [...items, `… ${value.length - MAX_ITEMS} more`] : items;
  }
  const fields = Object.entries(value);
  const kept = fields.slice(0, MAX_ITEMS).map(([name, inner]) => [shownName(name), cleanField(name, inner, depth)]);
  return Object.fromEntries(fields.length > MAX_ITEMS ? [...kept, ['…', `${fields.length - MAX_ITEMS} more`]] : kept);
}

function cleanField(name: string, value: unknown, depth: number): unknown {
  if (value === undefined || value === null) return value;
  if (isSecretName(name)) return CUT;
  if (CONTENT_NAMES.has(name.toLowerCase()) && depth > 0)
    return typeof value === 'object' ? namesOf(value) : sizeOf(value);
  return clean(value, depth + 1);
}

/** Tells two contents apart without keeping either. */
function sizeOf(value: unknown): unknown {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) return value;
  const bytes = Buffer.from(value as string);
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function shownName(name: string): string {
  return shown(name, MAX_NAME_LENGTH);
}

function shownText(text: string): string {
  return text.length <= MAX_TEXT ? shown(text, MAX_TEXT) : `${shown(text, MAX_TEXT)} (${text.length} characters)`;
}
