import { expect, test } from 'vitest';
import { addTallies, emptyTally, fates, hourOf, ratesOf, wholeHours } from './tally.ts';

test('has no rates where nobody was mailed', () => {
  expect(Object.values(ratesOf({ ...emptyTally, complained: 1 }))).toEqual(fates.map(() => null));
});

test('has the rates of those who were mailed', () => {
  const machines = { openedByMachine: 20, clickedByMachine: 2 };
  const tally = { recipients: 200, delivered: 190, bounced: 10, complained: 1, opened: 50, clicked: 0, ...machines };
  expect(ratesOf(tally)).toEqual({
    ...{ delivered: 0.95, bounced: 0.05, complained: 0.005, opened: 0.25, clicked: 0 },
    ...{ openedByMachine: 0.1, clickedByMachine: 0.01 },
  });
});

test('adds up', () => {
  const one = {
    recipients: 1,
    delivered: 2,
    bounced: 3,
    complained: 4,
    opened: 5,
    clicked: 6,
    openedByMachine: 7,
    clickedByMachine: 8,
  };
  expect(addTallies(one, one)).toEqual({
    ...{ recipients: 2, delivered: 4, bounced: 6, complained: 8, opened: 10, clicked: 12 },
    ...{ openedByMachine: 14, clickedByMachine: 16 },
  });
  expect(addTallies(one, { opened: 1 })).toEqual({ ...one, opened: 6 });
});

test('counts by hours that are whole', () => {
  const HOUR = 3_600_000;
  expect(wholeHours({ from: 5 * HOUR, until: 6 * HOUR })).toEqual({ from: 5 * HOUR, until: 6 * HOUR });
  expect(wholeHours({ from: 6 * HOUR - 1, until: 6 * HOUR + 1 })).toEqual({ from: 5 * HOUR, until: 7 * HOUR });
  expect([hourOf(6 * HOUR - 1), hourOf(6 * HOUR)]).toEqual([5, 6]);
});
