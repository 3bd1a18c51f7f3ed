/**
 * What is shown or told of rows, and sent to nobody: where a column makes no sense, the rest of the row is shown without it, so that one
 * damaged row hides no others and stops no follower of the event log.
 */

import type { Json } from '../../core/message.ts';

/** The last moment that a date can hold, in ms. */
const LAST_TIME = 8.64e15;

/** Undefined: there is none, or it cannot be read. */
export function shownObject(text: string | null): { [name: string]: Json } | undefined {
  const value = parsed(text);
  return isObject(value) ? value : undefined;
}

/** The words among what can be read. */
export function shownWords(text: string | null): string[] {
  const value = parsed(text);
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : [];
}

/** The addresses of mailboxes, with or without a name. */
export function shownAddresses(text: string | null): string[] {
  const value = parsed(text);
  if (!Array.isArray(value)) return [];
  return value.map((entry) => (isObject(entry) ? entry.email : entry)).filter((address) => typeof address === 'string');
}

/** The nearest moment that has a date. */
export function shownTime(ms: number): number {
  return Math.min(LAST_TIME, Math.max(-LAST_TIME, ms));
}

function parsed(text: string | null): Json | undefined {
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function isObject(value: Json | undefined): value is { [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
