/**
 * Conditions on what an event says: read from what a caller wrote, then asked of any number of events. Only own members of
 * plain data are looked at, and size and depth are bounded when a condition is read, so that asking costs little.
 */

import type { FieldError } from './errors.ts';
import { isRecord } from './is-record.ts';
import type { Json } from './message.ts';
import { MAX_NAME_LENGTH, shown } from './shown.ts';

export const conditionOps = [
  ...(['eq', 'ne', 'lt', 'lte', 'gt', 'gte'] as const),
  ...(['in', 'nin', 'contains', 'starts_with', 'ends_with', 'exists'] as const),
] as const;
export type ConditionOp = (typeof conditionOps)[number];

type Scalar = string | number | boolean | null;

/** One comparison. `value` is a list of `in` and `nin`, true or false of `exists`. */
export interface Comparison {
  /** Names of members and positions in lists, such as `data.items.0.sku`. */
  readonly path: string;
  readonly op: ConditionOp;
  readonly value: Scalar | readonly Scalar[];
}

export type EventCondition =
  | { readonly all: readonly EventCondition[] }
  | { readonly any: readonly EventCondition[] }
  | { readonly not: EventCondition }
  | Comparison;

export const conditionLimits = { depth: 8, parts: 100, values: 100, textLength: 1_000, pathLength: 200 } as const;

/** The condition that `input` is, or all that is wrong with it: `at` begins the path of each fault. */
export function readCondition(
  input: unknown,
  at = '',
): { readonly condition: EventCondition } | { readonly faults: readonly FieldError[] } {
  const faults: FieldError[] = [];
  const count = { parts: 0 };
  const condition = readPart(input, { at, depth: 1, count, fault: (path, message) => faults.push({ path, message }) });
  return condition === undefined || faults.length > 0 ? { faults } : { condition };
}

interface Reading {
  readonly at: string;
  readonly depth: number;
  readonly count: { parts: number };
  readonly fault: (path: string, message: string) => void;
}

const FORMS = 'must be {"all": […]}, {"any": […]}, {"not": {…}} or {"path": …, "op": …, "value": …}';

function readPart(input: unknown, reading: Reading): EventCondition | undefined {
  const { at, depth, count, fault } = reading;
  count.parts += 1;
  if (count.parts > conditionLimits.parts) {
    // Once is enough: the rest of the condition is not looked at.
    if (count.parts === conditionLimits.parts + 1) fault(at, `has more than ${conditionLimits.parts} parts`);
    return undefined;
  }
  if (depth > conditionLimits.depth) return tell(fault, at, `nests deeper than ${conditionLimits.depth} levels`);
  if (!isRecord(input)) return tell(fault, at, FORMS);
  if (Object.hasOwn(input, 'path') || Object.hasOwn(input, 'op')) return readComparison(input, reading);
  const [form, other] = Object.keys(input);
  if (form === undefined || other !== undefined) return tell(fault, at, FORMS);
  if (form === 'not') {
    const not = readPart(input.not, within(reading, 'not'));
    return not && { not };
  }
  if (form !== 'all' && form !== 'any') return tell(fault, at, FORMS);
  const list = input[form];
  if (!Array.isArray(list) || list.length === 0) return tell(fault, join(at, form), 'must be a list of conditions');
  const parts: EventCondition[] = [];
  for (const [index, one] of list.entries()) {
    const part = readPart(one, within(reading, `${form}.${index}`));
    if (part !== undefined) parts.push(part);
    if (count.parts > conditionLimits.parts) return undefined;
  }
  return form === 'all' ? { all: parts } : { any: parts };
}

function within(reading: Reading, name: string): Reading {
  return { ...reading, at: join(reading.at, name), depth: reading.depth + 1 };
}

function readComparison(input: Readonly<Record<string, unknown>>, { at, fault }: Reading): Comparison | undefined {
  const { path, op, ...rest } = input;
  const { value = op === 'exists' ? true : undefined, ...strange } = rest;
  for (const name of Object.keys(strange).slice(0, 5)) fault(join(at, name), 'is not a known field');
  const pathFault = faultOfPath(path);
  if (pathFault !== undefined) fault(join(at, 'path'), pathFault);
  if (!isOp(op)) return tell(fault, join(at, 'op'), `must be one of ${conditionOps.join(', ')}`);
  const valueFault = faultOfValue(op, value);
  if (valueFault !== undefined) return tell(fault, join(at, 'value'), valueFault);
  return { path: path as string, op, value: value as Comparison['value'] };
}

function isOp(op: unknown): op is ConditionOp {
  return (conditionOps as readonly unknown[]).includes(op);
}

function faultOfPath(path: unknown): string | undefined {
  if (typeof path !== 'string') return 'must be a path such as data.status';
  if (path.length > conditionLimits.pathLength) return `must have at most ${conditionLimits.pathLength} characters`;
  return path.split('.').includes('') ? 'must be names with a dot between them, such as data.status' : undefined;
}

function faultOfValue(op: ConditionOp, value: unknown): string | undefined {
  switch (op) {
    case 'exists':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'in':
    case 'nin':
      if (!Array.isArray(value) || !value.every(isScalar))
        return 'must be a list of texts, numbers, true, false or null';
      if (value.length > conditionLimits.values) return `must have at most ${conditionLimits.values} items`;
      return value.map(faultOfText).find((fault) => fault !== undefined);
    case 'starts_with':
    case 'ends_with':
      return typeof value === 'string' ? faultOfText(value) : 'must be a text';
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return typeof value === 'number' || typeof value === 'string' ? faultOfText(value) : 'must be a number or a text';
    default:
      return isScalar(value) ? faultOfText(value) : 'must be a text, a number, true, false or null';
  }
}

function faultOfText(value: unknown): string | undefined {
  const isLong = typeof value === 'string' && value.length > conditionLimits.textLength;
  return isLong ? `must have at most ${conditionLimits.textLength} characters` : undefined;
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);
}

function tell(fault: Reading['fault'], path: string, message: string): undefined {
  fault(path, message);
}

function join(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`;
}

/** A part of a condition that does not hold; `at` is where it stands in the condition. */
export interface Unmet {
  readonly at: string;
  readonly part: EventCondition;
}

/** The first part by which the condition does not hold for these facts; undefined where it holds. */
export function unmet(condition: EventCondition, facts: unknown, at = ''): Unmet | undefined {
  if ('all' in condition) return firstUnmet(condition.all, facts, join(at, 'all'));
  if ('any' in condition) {
    const some = condition.any.some((one) => unmet(one, facts) === undefined);
    return some ? undefined : { at: join(at, 'any'), part: condition };
  }
  if ('not' in condition) {
    return unmet(condition.not, facts) === undefined ? { at: join(at, 'not'), part: condition } : undefined;
  }
  return holds(condition, factAt(facts, condition.path)) ? undefined : { at, part: condition };
}

function firstUnmet(parts: readonly EventCondition[], facts: unknown, at: string): Unmet | undefined {
  for (const [index, part] of parts.entries()) {
    const found = unmet(part, facts, join(at, String(index)));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Why a condition does not hold, as a sentence about the facts. */
export function unmetWords({ at, part }: Unmet, facts: unknown): string {
  const where = at === '' ? '' : `${at}: `;
  if ('any' in part) return `${where}none of its ${part.any.length} conditions holds`;
  if (!('path' in part)) return `${where}its condition holds`;
  const { path, op, value } = part;
  const found = factAt(facts, path);
  const said = found === undefined ? 'is missing' : `is ${quoted(found)}`;
  return `${where}${path} ${said}, wanted ${op} ${quoted(value)}`;
}

function quoted(value: unknown): string {
  return shown(JSON.stringify(value), MAX_NAME_LENGTH);
}

/** What stands at the path; undefined where nothing does. Own members alone, and positions in lists. */
export function factAt(facts: unknown, path: string): Json | undefined {
  let value: unknown = facts;
  for (const name of path.split('.')) {
    if (Array.isArray(value)) value = /^\d{1,6}$/.test(name) ? value[Number(name)] : undefined;
    else value = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    if (value === undefined) return undefined;
  }
  return value as Json;
}

/** A missing value is unequal to everything. */
function holds({ op, value }: Comparison, found: Json | undefined): boolean {
  switch (op) {
    case 'exists':
      return (found !== undefined) === value;
    case 'eq':
      return found === value;
    case 'ne':
      return found !== value;
    case 'in':
      return isAmong(found, value);
    case 'nin':
      return !isAmong(found, value);
    case 'contains':
      if (typeof found === 'string') return typeof value === 'string' && found.includes(value);
      return Array.isArray(found) && found.some((one) => one === value);
    case 'starts_with':
      return typeof found === 'string' && found.startsWith(String(value));
    case 'ends_with':
      return typeof found === 'string' && found.endsWith(String(value));
    default:
      return isOrdered(op, found, value);
  }
}

function isAmong(found: Json | undefined, values: Comparison['value']): boolean {
  return found !== undefined && (values as readonly unknown[]).includes(found);
}

/** Numbers by size, texts by their characters, as times of RFC 3339 in UTC are ordered too; different types are not. */
function isOrdered(op: 'lt' | 'lte' | 'gt' | 'gte', found: Json | undefined, value: Comparison['value']): boolean {
  const areNumbers = typeof found === 'number' && typeof value === 'number';
  const areTexts = typeof found === 'string' && typeof value === 'string';
  if (!areNumbers && !areTexts) return false;
  if (op === 'lt') return found < value;
  if (op === 'lte') return found <= value;
  return op === 'gt' ? found > value : found >= value;
}
