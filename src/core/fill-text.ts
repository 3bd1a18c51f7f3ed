/** Texts with placeholders for what an event says, such as `{{data.email}}`. They are filled, never run. */

import { factAt } from './condition.ts';
import { invalid } from './invalid.ts';
import type { Json } from './message.ts';

const PLACEHOLDER = /\{\{\s*([\w$-]+(?:\.[\w$-]+)*)\s*\}\}/g;
const ONLY_A_PLACEHOLDER = /^\{\{\s*([\w$-]+(?:\.[\w$-]+)*)\s*\}\}$/;

/** Characters that all that is filled in one go may come to: a placeholder may name much, and stand there often. */
const MAX_FILLED = 1024 * 1024;

/** What is left of it. */
export interface Room {
  left: number;
}

export function newRoom(): Room {
  return { left: MAX_FILLED };
}

/**
 * A text that is one placeholder is the value itself, of whatever type. Undefined where what a placeholder names is missing. Refuses with
 * `invalid_request` what has no room.
 */
export function fillText(text: string, facts: unknown, room: Room = newRoom()): Json | undefined {
  const [, only] = ONLY_A_PLACEHOLDER.exec(text) ?? [];
  if (only !== undefined) {
    const value = factAt(facts, only);
    take(room, value === undefined ? '' : asText(value));
    return value;
  }
  let isWhole = true;
  const filled = text.replace(PLACEHOLDER, (_, path: string) => {
    const value = factAt(facts, path);
    if (value === undefined) isWhole = false;
    return take(room, asText(value ?? ''));
  });
  return isWhole ? filled : undefined;
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function take(room: Room, text: string): string {
  room.left -= text.length;
  if (room.left >= 0) return text;
  throw invalid([{ path: '', message: `its placeholders come to more than ${MAX_FILLED} characters` }]);
}

/** The same for all texts within a value. What is missing is left out of objects, and is null in lists. */
export function fillValue(value: Json, facts: unknown, room: Room = newRoom()): Json | undefined {
  if (typeof value === 'string') return fillText(value, facts, room);
  if (Array.isArray(value)) return value.map((one) => fillValue(one, facts, room) ?? null);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, one]) => [name, fillValue(one, facts, room)] as const);
  return Object.fromEntries(members.filter((member): member is [string, Json] => member[1] !== undefined));
}
