/** What the filters of lists take, refuse and mean. */

import { expect, it } from 'vitest';
import * as z from 'zod';
import { IepError } from '../core/errors.ts';
import { filterFields, toFilter } from './filter.ts';

const schema = z.strictObject(filterFields);
const read = (query: Record<string, string>) => toFilter(schema.parse(query));
const DAY_MS = 86_400_000;
const at = (time: string) => Date.parse(time);
const midnight = at('2026-11-22T00:00:00Z');

function faultOf(query: Record<string, string>): string | undefined {
  const parsed = schema.safeParse(query);
  if (!parsed.success) return parsed.error.issues[0]?.message;
  try {
    toFilter(parsed.data);
    return undefined;
  } catch (error) {
    if (error instanceof IepError) return error.errors?.[0]?.message;
    throw error;
  }
}

it.each([
  ['until', 'createdBefore', midnight + DAY_MS],
  ['to', 'createdBefore', midnight + DAY_MS],
  ['since', 'createdFrom', midnight],
  ['from', 'createdFrom', midnight],
])('%s a date includes that day', (name, field, time) => {
  expect(toFilter(schema.parse({ [name]: '2026-11-22' }))).toEqual({ [field]: time });
});

it.each([
  ['to', 'recipient', 'Ada.Lovelace@EXAMPLE.com', 'Ada.Lovelace@example.com'],
  ['to', 'recipient', '@Bücher.example', '@xn--bcher-kva.example'],
  ['to', 'recipient', ' user@bücher.example ', 'user@xn--bcher-kva.example'],
  ['recipient', 'recipient', 'Ada <ada@example.com>', 'ada@example.com'],
  ['from', 'sender', 'App@example.COM', 'App@example.com'],
  ['sender', 'sender', '@example.COM', '@example.com'],
])('%s is an address in any spelling', (name, field, given, meant) => {
  expect(toFilter(schema.parse({ [name]: given }))).toEqual({ [field]: meant });
});

it.each(Object.keys(filterFields))('a blank %s is refused', (name) => {
  for (const blank of ['', ' ', '\t\n']) expect(faultOf({ [name]: blank })).toBeTypeOf('string');
});

it.each([
  [{ recipient: 'nobody' }, 'must be an address or @domain'],
  [{ sender: '@' }, 'must be an address or @domain'],
  [{ to: '@' }, 'must be an address, @domain, a date or an RFC 3339 time'],
  [{ q: 'a '.repeat(11) }, 'has too many words; it may have 10'],
  [{ q: 'a'.repeat(321) }, 'is too long; it may have 320 characters'],
  [{ tag: 'a'.repeat(321) }, 'is too long; it may have 320 characters'],
])('%o is refused: %s', (query, message) => {
  expect(faultOf(query)).toBe(message);
});

it('takes as many words as are allowed', () => {
  expect(faultOf({ q: 'a '.repeat(10) })).toBeUndefined();
});

it('a time is an instant, at both ends', () => {
  const [since, until] = ['2026-11-20T08:00:00+02:00', '2026-11-22T06:00:00Z'];
  expect(read({ since, until })).toEqual({ createdFrom: at(since), createdBefore: at(until) });
  expect(read({ from: since, to: until })).toEqual({ createdFrom: at(since), createdBefore: at(until) });
});

it('two names for one thing are one too many', () => {
  expect(() => read({ until: '2026-11-22', to: '2026-11-22' })).toThrow('says the same as `to`');
  expect(() => read({ since: '2026-11-22', from: '2026-11-22' })).toThrow('says the same as `from`');
});
