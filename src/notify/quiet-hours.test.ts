import { describe, expect, it } from 'vitest';
import type { QuietHours } from '../core/preferences.ts';
import { digestEnd } from './digest.ts';
import { quietUntil } from './quiet-hours.ts';

const at = (text: string) => Date.parse(text);
const shownAt = (ms: number | undefined) => ms && new Date(ms).toISOString().replace(':00.000Z', 'Z');
const night = { enabled: true, start: '22:00', end: '07:00' } as const;
const until = (now: string, zone: string, hours: QuietHours = night) =>
  shownAt(quietUntil(hours, { now: at(now), zone }));

describe('quiet hours', () => {
  it.each([
    ['an evening', '2026-06-01T20:30:00Z', 'Europe/Berlin', '2026-06-02T05:00Z'],
    ['after midnight', '2026-06-02T01:00:00Z', 'Europe/Berlin', '2026-06-02T05:00Z'],
    ['as they begin', '2026-06-01T20:00:00Z', 'Europe/Berlin', '2026-06-02T05:00Z'],
    ['just before', '2026-06-01T19:59:59Z', 'Europe/Berlin', undefined],
    ['as they end', '2026-06-02T05:00:00Z', 'Europe/Berlin', undefined],
    ['the night that is an hour short', '2026-03-28T21:30:00Z', 'Europe/Berlin', '2026-03-29T05:00Z'],
    ['the night that is an hour long', '2026-10-24T20:30:00Z', 'Europe/Berlin', '2026-10-25T06:00Z'],
    ['a short night in America', '2026-03-08T05:00:00Z', 'America/New_York', '2026-03-08T11:00Z'],
    ['a long night in America', '2026-11-01T05:30:00Z', 'America/New_York', '2026-11-01T12:00Z'],
    ['half an hour on Lord Howe', '2026-10-03T14:00:00Z', 'Australia/Lord_Howe', '2026-10-03T20:00Z'],
    ['clocks that go forward at midnight', '2026-09-06T01:00:00Z', 'America/Santiago', undefined],
    ['and the night after', '2026-09-06T02:30:00Z', 'America/Santiago', '2026-09-06T10:00Z'],
    ['India, half an hour off', '2026-06-01T17:00:00Z', 'Asia/Kolkata', '2026-06-02T01:30Z'],
  ])('%s', (_, now, zone, expected) => {
    expect(until(now, zone)).toBe(expected);
  });

  it('hold in their own time zone, on the days on which they begin, and within a day', () => {
    expect(until('2026-06-01T14:00:00Z', 'Europe/Berlin', { ...night, timezone: 'Asia/Tokyo' })).toBe(
      '2026-06-01T22:00Z',
    );
    const weekend = { ...night, days: ['fri', 'sat'] as const };
    expect(until('2026-06-06T03:00:00Z', 'UTC', weekend)).toBe('2026-06-06T07:00Z');
    expect(until('2026-06-07T03:00:00Z', 'UTC', weekend)).toBe('2026-06-07T07:00Z');
    expect(until('2026-06-05T03:00:00Z', 'UTC', weekend)).toBeUndefined();
    expect(until('2026-06-07T23:00:00Z', 'UTC', weekend)).toBeUndefined();
    const lunch = { ...night, start: '12:00', end: '13:00' };
    expect(until('2026-06-01T12:59:59Z', 'UTC', lunch)).toBe('2026-06-01T13:00Z');
    expect(until('2026-06-01T13:00:00Z', 'UTC', lunch)).toBeUndefined();
  });

  it('are off where they are said to be, or are no time at all', () => {
    expect(until('2026-06-01T23:00:00Z', 'UTC', { ...night, enabled: false })).toBeUndefined();
    expect(until('2026-06-01T23:00:00Z', 'UTC', { ...night, end: '22:00' })).toBeUndefined();
  });
});

describe('a digest', () => {
  const end = (every: Parameters<typeof digestEnd>[0]['every'], now: string, zone: string, time?: string) =>
    shownAt(digestEnd({ every, ...(time !== undefined && { at: time }) }, { now: at(now), zone }));

  it('goes on the hour, each day or each Monday, where its reader is', () => {
    expect(end('hourly', '2026-06-01T10:20:00Z', 'UTC')).toBe('2026-06-01T11:00Z');
    expect(end('hourly', '2026-06-01T10:00:00Z', 'Asia/Kolkata')).toBe('2026-06-01T10:30Z');
    expect(end('daily', '2026-06-01T05:00:00Z', 'Europe/Berlin')).toBe('2026-06-01T07:00Z');
    expect(end('daily', '2026-06-01T07:00:00Z', 'Europe/Berlin')).toBe('2026-06-02T07:00Z');
    expect(end('daily', '2026-06-01T05:00:00Z', 'America/New_York', '18:30')).toBe('2026-06-01T22:30Z');
    expect(end('weekly', '2026-06-03T05:00:00Z', 'UTC')).toBe('2026-06-08T09:00Z');
    expect(end('weekly', '2026-06-01T08:59:00Z', 'UTC')).toBe('2026-06-01T09:00Z');
    expect(end('weekly', '2026-06-01T09:00:00Z', 'UTC')).toBe('2026-06-08T09:00Z');
    expect(end({ minutes: 90 }, '2026-06-01T10:20:00Z', 'UTC')).toBe('2026-06-01T11:50Z');
  });

  it('keeps its time on the wall when the clocks change, also where that time is left out or comes twice', () => {
    expect(end('daily', '2026-03-28T12:00:00Z', 'Europe/Berlin', '09:00')).toBe('2026-03-29T07:00Z');
    expect(end('daily', '2026-03-28T12:00:00Z', 'Europe/Berlin', '02:30')).toBe('2026-03-29T01:30Z');
    expect(end('daily', '2026-10-24T12:00:00Z', 'Europe/Berlin', '02:30')).toBe('2026-10-25T00:30Z');
    expect(end('daily', '2026-10-25T01:00:00Z', 'Europe/Berlin', '02:30')).toBe('2026-10-26T01:30Z');
    expect(end('hourly', '2026-10-25T00:30:00Z', 'Europe/Berlin')).toBe('2026-10-25T01:00Z');
  });

  it('of an hour ends later than now where the clocks go back by less than one, or in the middle of one', () => {
    expect(end('hourly', '2026-04-04T15:15:00Z', 'Australia/Lord_Howe')).toBe('2026-04-04T15:30Z');
    expect(end('hourly', '2026-04-04T15:00:00Z', 'Australia/Lord_Howe')).toBe('2026-04-04T15:30Z');
    expect(end('hourly', '2026-04-04T14:00:00Z', 'Pacific/Chatham')).toBe('2026-04-04T14:15Z');
  });
});
