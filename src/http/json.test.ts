import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IepError } from '../core/errors.ts';
import { parseJson } from './json.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      expect(parseJson(bytes(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('passes over a byte order mark', () => {
  expect(parseJson(bytes('\ufeff{"a":1}'))).toEqual({ a: 1 });
  expect(() => parseJson(bytes('\ufeff\ufeff{}'))).toThrow(IepError);
});

test('keeps the digits of large integers where it is asked to', () => {
  const text = '{"a":4323372036854775807,"b":[-9007199254740993,9007199254740991,1e400,0.125],"c":"12345678901234567"}';
  expect(parseJson(bytes(text), { keepsDigits: true })).toEqual({
    a: '4323372036854775807',
    b: ['-9007199254740993', 9_007_199_254_740_991, Number.POSITIVE_INFINITY, 0.125],
    c: '12345678901234567',
  });
  expect(parseJson(bytes('{"a":4323372036854775807}'))).toEqual({ a: Number('4323372036854775807') });
});

test('any bytes are read or refused, never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
      try {
        parseJson(input);
      } catch (error) {
        expect(error).toBeInstanceOf(IepError);
      }
    }),
  );
});

describe('bombs', () => {
  const refusal = (text: string) => {
    try {
      parseJson(bytes(text));
    } catch (error) {
      return error instanceof IepError ? error.message : String(error);
    }
    return 'read';
  };
  const long = ' '.repeat(1024 * 1024);

  test('too deep', () => {
    expect(refusal(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toContain('nests deeper');
    expect(refusal(`${'{"a":'.repeat(41)}1${'}'.repeat(41)}`)).toContain('nests deeper');
    expect(refusal(`${'['.repeat(40)}${']'.repeat(40)}`)).toBe('read');
  });

  test.each([
    ['arrays', `[${'[],'.repeat(600_000)}[]]`],
    ['objects', `[${'{},'.repeat(600_000)}{}]`],
    ['numbers', `[${'1,'.repeat(600_000)}1]`],
    ['members', `{${'"a":1,'.repeat(600_000)}"a":1}`],
    ['nested openings, never closed', '['.repeat(2_000_000)],
  ])('too many %s', (_what, text) => {
    expect(refusal(text)).toContain('more than 500000 values');
  });

  const names = (count: number, first: number) => Array.from({ length: count }, (_, at) => `"v${first + at}" : 1`);
  test.each([
    ['in one object', `{${names(10_001, 0)}}`],
    ['in one object further down', `{"a":[{"b":{${names(10_001, 0)}},"c":1}]}`],
    ['of one text', `{${'"aaaa":1,'.repeat(10_000)}"a":1}`],
    ['in many objects', `[${Array.from({ length: 101 }, (_, at) => `{${names(100, at * 100)}}`)}]`],
    [
      'in many objects, the same in another order',
      `[${Array.from({ length: 200 }, (_, at) => `{${names(100, at)}}`)}]`,
    ],
  ])('too many names %s', (_what, text) => {
    expect(refusal(text)).toContain('more than 10000 different names');
  });

  test('but not many objects of the same names, nor as many names as are allowed', () => {
    expect(refusal(`[${Array.from({ length: 3_000 }, () => `{${names(20, 0)},"in":{${names(9, 50)}}}`)}]`)).toBe(
      'read',
    );
    expect(refusal(`{${names(10_000, 0)}}`)).toBe('read');
  });

  test.each([
    ['commas and brackets in a string', JSON.stringify(`,[{`.repeat(600_000))],
    ['escaped quotes before them', JSON.stringify(`\\",[`.repeat(700_000))],
    ['a string that ends in a backslash', `["${'\\\\'.repeat(500_000)}",${long}1]`],
  ])('but not %s', (_what, text) => {
    expect(text.length).toBeGreaterThan(1024 * 1024);
    expect(refusal(text)).toBe('read');
  });

  test('a string that never ends is not JSON', () => {
    expect(refusal(`["${'a'.repeat(1024 * 1024)}`)).toContain('not JSON');
  });
});

test('says where it broke, but not what was there', () => {
  expect(() => parseJson(bytes('{"a": bob@example.org}'))).toThrowError(/is not JSON/);
  for (const text of [
    '{"a": bob@example.org}',
    '["bob@example.org" "x"]',
    'bob@example.org',
    `${' '.repeat(99)}bob@example.org`,
  ]) {
    expect(() => parseJson(bytes(text))).not.toThrowError(/bob|example/);
  }
});
