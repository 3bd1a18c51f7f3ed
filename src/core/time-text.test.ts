import { expect, it } from 'vitest';
import { isDate, readTime } from './time-text.ts';

it.each([
  '2026-11-22T09:30:00+02:00',
  '2026-11-22T09:30:00+0200',
  '2026-11-22T09:30:00+02',
  '2026-11-22t09:30+02',
  '2026-11-22 09:30:00.000000000+0200',
  '2026-11-22T06:00:00-0130',
  '2026-11-22T07:30:00Z',
  '2026-11-22 07:30z',
])('%s is an instant', (text) => {
  expect(readTime(text)).toBe(Date.UTC(2026, 10, 22, 7, 30));
});

it('takes a time without an offset, and a date, for one of the zone that is meant', () => {
  for (const text of ['2026-11-22', '2026-11-22T00:00', '2026-11-22 00:00:00']) {
    expect(readTime(text)).toBeUndefined();
    expect(readTime(text, 'UTC')).toBe(Date.UTC(2026, 10, 22));
    expect(readTime(text, 'local')).toBe(new Date(2026, 10, 22).getTime());
  }
  expect(isDate('2026-11-22')).toBe(true);
  expect(isDate('2026-11-22T00:00Z')).toBe(false);
});

it.each([
  ...['', 'tomorrow', '1', '2026', '2026-11', '12:00Z', '2026-11-22T', '2026-11-22T9:30Z', '2026-11-22T09Z'],
  ...['2026-02-29', '2026-02-30T09:00Z', '2026-06-31', '2026-13-01', '2026-00-10', '2026-01-00'],
  ...[
    '2026-11-22T24:00Z',
    '2026-11-22T09:60Z',
    '2026-11-22T09:30:60Z',
    '2026-11-22T09:30+24',
    '2026-11-22T09:30+02:60',
  ],
  ...[
    '2026-11-22T09:30 +02:00',
    '2026-11-22T09:30+2',
    '2026-11-22T09:30+020',
    '2026-11-22+02',
    ' 2026-11-22',
    '2026-11-22\n',
  ],
])('%j is not a time', (text) => {
  for (const zone of [undefined, 'UTC', 'local'] as const) expect(readTime(text, zone)).toBeUndefined();
  expect(isDate(text)).toBe(false);
});

it('knows the day that only leap years have, and years of the first century', () => {
  expect(readTime('2028-02-29', 'UTC')).toBe(Date.UTC(2028, 1, 29));
  expect(readTime('0001-01-01T00:00:00Z')).toBeLessThan(0);
});
