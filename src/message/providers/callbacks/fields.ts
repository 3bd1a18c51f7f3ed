/** What a callback holds, as strangers may write it: nothing is believed to be there, or to be of its type. */

import { shorten } from '../../../core/shown.ts';

/** Characters of a text that are read. */
const MAX_TEXT = 1_000;

/** What stands at this path of names; undefined where nothing does. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return found;
}

/** One line; undefined where there is no text, or an empty one. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const text = at(value, ...path);
  if (typeof text !== 'string') return undefined;
  return shorten(text.slice(0, 2 * MAX_TEXT).replaceAll(/\s+/g, ' '), MAX_TEXT).trim() || undefined;
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const list = at(value, ...path);
  return Array.isArray(list) ? list : [];
}

/** Epoch ms of a date of RFC 3339. */
export function dateAt(value: unknown, ...path: readonly string[]): number | undefined {
  return positive(Date.parse(textAt(value, ...path) ?? ''));
}

/** Epoch ms of a number of seconds since 1970, as a number or in digits. */
export function secondsAt(value: unknown, ...path: readonly string[]): number | undefined {
  const seconds = at(value, ...path);
  const isDigits = typeof seconds === 'string' && /^\d{1,12}(?:\.\d{1,9})?$/.test(seconds);
  return typeof seconds === 'number' || isDigits ? positive(Math.round(Number(seconds) * 1_000)) : undefined;
}

function positive(ms: number): number | undefined {
  return Number.isSafeInteger(ms) && ms >= 0 ? ms : undefined;
}
