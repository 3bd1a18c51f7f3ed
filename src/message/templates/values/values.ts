/** What templates do with values, in each syntax: look into them, test them, compare them, write them. Only JSON comes in. */

import { isRecord } from '../../../core/is-record.ts';
import type { Json } from '../../../core/message.ts';
import type { TemplateSyntax } from '../../../core/template.ts';

/** Undefined: it is not there. */
export type Value = Json | undefined;

/** A member of an object, an item of a list by its number, the length of a text or list. What is inherited is not seen. */
export function memberOf(value: Value, name: string): Value {
  if (Array.isArray(value)) {
    if (name === 'length') return value.length;
    return /^\d{1,9}$/.test(name) ? value[Number(name)] : undefined;
  }
  if (typeof value === 'string') return name === 'length' ? value.length : undefined;
  return isRecord(value) && Object.hasOwn(value, name) ? (value[name] as Json) : undefined;
}

/** Go takes an object without members for empty, Handlebars does not. */
export function isTrue(value: Value, syntax: TemplateSyntax): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isRecord(value)) return syntax === 'handlebars' || Object.keys(value).length > 0;
  return Boolean(value);
}

/** Texts, numbers and truth values of the same kind; nothing equals nothing. */
export function isEqual(a: Value, b: Value): boolean {
  return (a ?? null) === (b ?? null);
}

/** Undefined where they cannot be put in order. */
export function compare(a: Value, b: Value): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b);
  return undefined;
}

/** As it is printed; nothing where it is not there. `charge` is told the characters as they come. */
export function written(value: Value, syntax: TemplateSyntax, charge: (characters: number) => void): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  return syntax === 'go' ? inGo(value, charge) : inHandlebars(value, charge);
}

function inHandlebars(value: Value, charge: (characters: number) => void): string {
  if (Array.isArray(value)) {
    charge(value.length);
    return value.map((item) => (item === null ? '' : inHandlebars(item, charge))).join(',');
  }
  return isRecord(value) ? '[object Object]' : String(value);
}

/** As `%v` writes it, but numbers, which stay as they are read: 1e+06 is no amount of money. */
export function inGo(value: Value, charge: (characters: number) => void): string {
  if (value === undefined || value === null) return '<nil>';
  if (Array.isArray(value)) {
    charge(value.length);
    return `[${value.map((item) => inGo(item, charge)).join(' ')}]`;
  }
  if (!isRecord(value)) return String(value);
  charge(Object.keys(value).length);
  return `map[${sortedKeys(value)
    .map((key) => `${key}:${inGo(value[key] as Json, charge)}`)
    .join(' ')}]`;
}

/** Go goes over an object in the order of its keys' bytes. */
export function sortedKeys(value: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(value).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
