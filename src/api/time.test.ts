import { expect, test } from 'vitest';
import { parseTime } from './time.ts';

test.each([
  '2026-11-22T09:30:00+02:00',
  '2026-11-22T09:30:00 02:00',
  '2026-11-22T09:30:00+0200',
  '2026-11-22T09:30:00 0200',
  '2026-11-22T09:30:00+02',
  '2026-11-22T09:30:00 02',
  '2026-11-22T07:30:00Z',
])('%s is the same instant', (text) => {
  const at = Date.UTC(2026, 10, 22, 7, 30);
  expect(parseTime(text)).toEqual({ startsAt: at, endsAt: at });
});

test.each(['2026-11-22 09:30', '2026-11-22T09:30:00', '2026-11-22T09:30:00 +02:00'])('%s is not a time', (text) => {
  expect(parseTime(text)).toBeUndefined();
});
