import { describe, expect, it, test } from 'vitest';
import { fillText, fillValue } from './fill-text.ts';
import type { Json } from './message.ts';

const facts = { type: 'user.invited', data: { email: 'jo@x.example', n: 7, tags: ['a'], nothing: null, 'a-b': 'c' } };

test.each<[string, unknown]>([
  ['{{data.email}}', 'jo@x.example'],
  ['{{ data.n }}', 7],
  ['{{data.tags}}', ['a']],
  ['{{data.tags.0}}', 'a'],
  ['{{data.nothing}}', null],
  ['{{data.a-b}}', 'c'],
  ['Jo <{{data.email}}> {{data.n}}', 'Jo <jo@x.example> 7'],
  ['plain {{ text }', 'plain {{ text }'],
  ['{{data.missing}}', undefined],
  ['x {{data.missing}} y', undefined],
  ['{{data.constructor}}', undefined],
  ['{{__proto__.x}}', undefined],
  ['{{data.email}}{{data.email}}', 'jo@x.examplejo@x.example'],
])('%s', (text, filled) => {
  expect(fillText(text, facts)).toEqual(filled);
});

it('fills all texts of a value', () => {
  const value: Json = { Name: '{{data.email}}', list: ['{{data.n}}', '{{data.no}}'], fixed: 1, gone: '{{data.no}}' };
  expect(fillValue(value, facts)).toEqual({ Name: 'jo@x.example', list: [7, null], fixed: 1 });
});

it('does not fill what a value brings', () => {
  expect(fillText('Hello {{data.email}}', { data: { email: '{{type}}' } })).toBe('Hello {{type}}');
});

describe('what is filled', () => {
  const large = { data: { s: 'x'.repeat(250_000), o: { s: 'x'.repeat(250_000) } } };

  it.each<[string, Json]>([
    ['a text', '{{data.s}}'.repeat(1_600)],
    ['a text of objects', '{{data}} '.repeat(1_600)],
    ['many values', Array.from({ length: 900 }, () => '{{data.s}}')],
    ['many objects', Object.fromEntries(Array.from({ length: 900 }, (_, at) => [`n${at}`, '{{data.o}}']))],
  ])('of %s has a bound', (_what, value) => {
    expect(() => fillValue(value, large)).toThrow('its placeholders come to more than 1048576 characters');
  });

  it('is as large as it may be', () => {
    expect(fillText('{{data.s}}'.repeat(4), large)).toHaveLength(1_000_000);
  });
});
