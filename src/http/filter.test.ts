import { expect, test } from 'vitest';
import * as z from 'zod';
import { filterFields, toFilter } from './filter.ts';

const read = (query: Record<string, string>) => toFilter(z.object(filterFields).parse(query));
const at = (time: string) => Date.parse(time);

test('a date as the end includes its day, and as the beginning begins with it', () => {
  const [from, before] = [at('2026-11-20T00:00:00Z'), at('2026-11-23T00:00:00Z')];
  expect(read({ since: '2026-11-20', until: '2026-11-22' })).toEqual({ createdFrom: from, createdBefore: before });
  expect(read({ from: '2026-11-20', to: '2026-11-22' })).toEqual({ createdFrom: from, createdBefore: before });
});

test('a time is an instant, at both ends', () => {
  const [since, until] = ['2026-11-20T08:00:00+02:00', '2026-11-22T06:00:00Z'];
  expect(read({ since, until })).toEqual({ createdFrom: at(since), createdBefore: at(until) });
  expect(read({ from: since, to: until })).toEqual({ createdFrom: at(since), createdBefore: at(until) });
});

test('two names for one thing are one too many', () => {
  expect(() => read({ until: '2026-11-22', to: '2026-11-22' })).toThrow('says the same as `to`');
  expect(() => read({ since: '2026-11-22', from: '2026-11-22' })).toThrow('says the same as `from`');
});
