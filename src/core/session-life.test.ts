/** When a session is over, to the millisecond. */

import { expect, it } from 'vitest';
import { endOf, IDLE_MS, isOver, LONGEST_MS } from './session-life.ts';

it.each([
  ['just used', 0, 0, 0, false],
  ['idle for almost twelve hours', 0, 0, IDLE_MS - 1, false],
  ['idle for twelve hours', 0, 0, IDLE_MS, true],
  ['used all the time, for almost seven days', 0, LONGEST_MS - 1, LONGEST_MS - 1, false],
  ['used all the time, for seven days', 0, LONGEST_MS, LONGEST_MS, true],
])('a session %s', (_name, createdAt, usedAt, now, over) => {
  expect(isOver({ createdAt, usedAt }, now)).toBe(over);
  expect(endOf({ createdAt, usedAt }) <= now).toBe(over);
});
