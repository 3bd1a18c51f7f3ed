import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  assignment,
  collectAddresses,
  collectList,
  duration,
  headerField,
  moment,
  spanEnd,
  wholeNumber,
} from './values.ts';

describe('option values', () => {
  it('gathers lists over several options and commas', () => {
    expect(collectList('a, b,,c', ['z'])).toEqual(['z', 'a', 'b', 'c']);
  });

  it('leaves lists of addresses whole, and passes over empty ones', () => {
    const two = '"Doe, Jane" <jane@example.com>; jo@example.com';
    expect(collectAddresses(two, ['z@example.com'])).toEqual(['z@example.com', two]);
    expect(collectAddresses(' ', ['z@example.com'])).toEqual(['z@example.com']);
  });

  it('reads spans with a unit and nothing else', () => {
    expect([duration('90s'), duration('15m'), duration('2h'), duration('1d')]).toEqual([
      90_000, 900_000, 7_200_000, 86_400_000,
    ]);
    for (const wrong of ['90', 'm', '-1h', '1w', '1.5h']) expect(() => duration(wrong)).toThrow(InvalidArgumentError);
  });

  it('reads moments before and after now', () => {
    const now = Date.parse('2027-01-31T12:00:00Z');
    expect(moment(now, 'past')('2h')).toBe(now - 7_200_000);
    expect(moment(now, 'future')('+2h')).toBe(now + 7_200_000);
    expect(moment(now, 'past')('2027-01-30T00:00:00Z')).toBe(Date.parse('2027-01-30T00:00:00Z'));
    for (const right of ['2027-02-28T09:00:00+01:00', '2027-02-28t09:00z', '2028-02-29', '2027-03-01 09:00:00.5Z']) {
      expect(moment(now, 'future')(right)).toBe(Date.parse(right.toUpperCase().replace(' ', 'T')));
    }
    expect(moment(now, 'future')('2027-06-01T10:00:00+0200')).toBe(Date.parse('2027-06-01T08:00:00Z'));
    expect(moment(now, 'future')('2027-06-01 10:00-0130')).toBe(Date.parse('2027-06-01T11:30:00Z'));
    const noTimes = ['yesterday', '12:00', '1', '2027-02-30', '2027-02-29', '2027-06-31T10:00:00Z', '2027-01-31 (foo)'];
    const noTimesEither = [
      '2027-13-01',
      '2027-00-10',
      '2027-01-00',
      '2027-01-31T24:00:00Z',
      '2027-01-31T10:60:00Z',
      '2027-01-31T',
    ];
    for (const wrong of [...noTimes, ...noTimesEither]) {
      for (const direction of ['past', 'future'] as const)
        expect(() => moment(now, direction)(wrong)).toThrow('It takes a time');
    }
  });

  it('takes no time to come that has passed, but for the minute in which it was written', () => {
    const now = Date.parse('2027-01-31T12:00:00Z');
    for (const passed of ['2027-01-30', '2027-01-31', '2027-01-31T11:58:00Z', '1999-01-01T00:00:00Z']) {
      expect(() => moment(now, 'future')(passed)).toThrow('has passed');
    }
    expect(moment(now, 'future')('2027-01-31T11:59:30Z')).toBe(now - 30_000);
    expect(moment(now, 'past')('2027-02-01')).toBe(Date.parse('2027-02-01'));
  });

  it('splits assignments at the first sign', () => {
    expect(assignment('query=a=b', { x: '1' })).toEqual({ x: '1', query: 'a=b' });
    expect(() => assignment('novalue', undefined)).toThrow(InvalidArgumentError);
    expect(headerField('X-Ticket: 12: 34', undefined)).toEqual({ 'X-Ticket': '12: 34' });
    expect(() => headerField('no colon', undefined)).toThrow(InvalidArgumentError);
  });

  it('takes whole numbers only', () => {
    expect(wholeNumber('12')).toBe(12);
    for (const wrong of ['-1', '1.5', 'x', '']) expect(() => wholeNumber(wrong)).toThrow(InvalidArgumentError);
  });
});

it('takes a bare date for the local day, and as an end includes it', () => {
  const now = Date.now();
  expect(moment(now, 'past')('2026-01-31')).toBe(new Date(2026, 0, 31).getTime());
  expect(spanEnd(now)('2026-01-31')).toBe(new Date(2026, 1, 1).getTime());
  expect(spanEnd(now)('2026-01-31T09:00:00Z')).toBe(Date.UTC(2026, 0, 31, 9));
  expect(spanEnd(now)('2h')).toBe(now - 7_200_000);
});
