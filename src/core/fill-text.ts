/** Texts with placeholders for what an event says, such as `{{data.email}}`. They are filled, never run. */

import { factAt } from './condition.ts';
import type { Json } from './message.ts';

const PLACEHOLDER = /\{\{\s*([\w$-]+(?:\.[\w$-]+)*)\s*\}\}/g;
const ONLY_A_PLACEHOLDER = /^\{\{\s*([\w$-]+(?:\.[\w$-]+)*)\s*\}\}$/;

/** A text that is one placeholder is the value itself, of whatever type. Undefined where what a placeholder names is missing. */
export function fillText(text: string, facts: unknown): Json | undefined {
  const [, only] = ONLY_A_PLACEHOLDER.exec(text) ?? [];
  if (only !== undefined) return factAt(facts, only);
  let isWhole = true;
  const filled = text.replace(PLACEHOLDER, (_, path: string) => {
    const value = factAt(facts, path);
    if (value === undefined) isWhole = false;
    return typeof value === 'string' ? value : JSON.stringify(value ?? '');
  });
  return isWhole ? filled : undefined;
}

/** The same for all texts within a value. What is missing is left out of objects, and is null in lists. */
export function fillValue(value: Json, facts: unknown): Json | undefined {
  if (typeof value === 'string') return fillText(value, facts);
  if (Array.isArray(value)) return value.map((one) => fillValue(one, facts) ?? null);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, one]) => [name, fillValue(one, facts)] as const);
  return Object.fromEntries(members.filter((member): member is [string, Json] => member[1] !== undefined));
}
