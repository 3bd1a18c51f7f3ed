/**
 * JSON from strangers. A few megabytes of `[[[[…` or `[],[],…` become hundreds of megabytes of objects, or a stack that
 * overflows somewhere later; so what a body may hold is bounded before anything is made of it.
 */

import { isUtf8 } from 'node:buffer';
import { IepError } from '../core/errors.ts';
import { isDeeperThan, MAX_JSON_DEPTH } from '../core/json-depth.ts';
import { createNameCount, MAX_NAMES } from '../core/name-count.ts';
import { hasMoreValues } from '../core/value-count.ts';

/** A batch of 1,000 messages to a few hundred recipients each, in all. */
const MAX_VALUES = 500_000;
/** Up to here a body cannot hold more names than it may. */
const COUNTED_FROM_BYTES = 32 * 1024;

/** Some serializers put it first; a reader may pass over it (RFC 8259 §8.1). */
const BYTE_ORDER_MARK = '\ufeff';

export interface JsonReading {
  /** Integers beyond those that a number holds exactly are read as texts of their digits. */
  readonly keepsDigits?: boolean;
}

export function parseJson(bytes: Uint8Array, { keepsDigits = false }: JsonReading = {}): unknown {
  if (!isUtf8(bytes)) throw refuse('is not UTF-8');
  if (bytes.length > COUNTED_FROM_BYTES) {
    if (hasMoreValues(bytes, MAX_VALUES)) throw refuse(`holds more than ${MAX_VALUES} values`);
    if (createNameCount().isTooMuch(bytes)) throw refuse(`holds more than ${MAX_NAMES} different names`);
  }
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const text = whole.startsWith(BYTE_ORDER_MARK) ? whole.slice(1) : whole;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw refuse(`is not JSON: ${withoutContent(error.message)}`);
    throw error;
  }
  if (isDeeperThan(value, MAX_JSON_DEPTH)) throw refuse(`nests deeper than ${MAX_JSON_DEPTH} levels`);
  return keepsDigits && LARGE_INTEGER.test(text) ? JSON.parse(text, withDigits) : value;
}

/** Sixteen digits: where a number begins to round. */
const LARGE_INTEGER = /\d{16}/;
const INTEGER = /^-?\d+$/;

/** `context`: of ECMAScript 2026, `source` is of a primitive value alone. */
function withDigits(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  const isRounded = typeof value === 'number' && !Number.isSafeInteger(value) && INTEGER.test(context?.source ?? '');
  return isRounded ? context?.source : value;
}

function refuse(message: string): IepError {
  return new IepError('invalid_request', `The body ${message}`, { errors: [{ path: '', message }] });
}

/** V8 quotes a piece of the text in what it says; that piece may be an address, and the detail is logged. */
function withoutContent(message: string): string {
  const piece = message.endsWith('" is not valid JSON') || message.endsWith('"... is not valid JSON');
  return piece ? message.slice(0, message.search(/, (?:\.\.\.)?"/)) : message;
}
