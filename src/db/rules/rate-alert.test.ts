import { describe, expect, test } from 'vitest';
import { emptyTally, type Tally } from '../../core/tally.ts';
import { alertWindow, isTooHigh, limitsOf, MOST_HOURS, nextAlerts } from './rate-alert.ts';

const NOW = 500_000;
const hour = (ago: number, tally: Partial<Tally>) => ({ hour: NOW - ago, tally: { ...emptyTally, ...tally } });

describe('a window', () => {
  test('is a day where that has enough', () => {
    const hours = [hour(0, { recipients: 700, complained: 1 }), hour(23, { recipients: 700, bounced: 2 })];
    const older = [hour(24, { recipients: 700, bounced: 9 })];
    expect(alertWindow([...hours, ...older], NOW)).toEqual({
      ...{ from: NOW - 23, recipients: 1_400, bounced: 2, complained: 1 },
    });
  });

  test('goes back to a thousand messages where a day had fewer, and no further', () => {
    const hours = [0, 30, 60, 90, 120].map((ago) => hour(ago, { recipients: 400, bounced: 1 }));
    expect(alertWindow(hours, NOW)).toMatchObject({ from: NOW - 60, recipients: 1_200, bounced: 3 });
    expect(alertWindow([hour(0, { recipients: 1_000 }), hour(24, { recipients: 5 })], NOW).recipients).toBe(1_000);
  });

  test('is never more than a month', () => {
    const hours = [hour(MOST_HOURS - 1, { recipients: 5 }), hour(MOST_HOURS, { recipients: 5 })];
    expect(alertWindow(hours, NOW)).toMatchObject({ from: NOW - MOST_HOURS + 1, recipients: 5 });
  });

  test('looks at no more hours than it takes', () => {
    let looked = 0;
    function* all() {
      for (let ago = 0; ago < 100; ago += 1) {
        looked += 1;
        yield hour(ago, { recipients: 1_000 });
      }
    }
    alertWindow(all(), NOW);
    expect(looked).toBe(25);
  });

  test('may be empty', () => {
    expect(alertWindow([], NOW)).toEqual({ from: NOW, recipients: 0, bounced: 0, complained: 0 });
  });
});

test.each([
  [0, 0, 0.05, false],
  [5, 5, 0.05, false],
  [19, 19, 0.05, false],
  [2, 20, 0.05, true],
  [1, 20, 0.05, true],
  [1, 21, 0.05, false],
  [50, 1_000, 0.05, true],
  [49, 1_000, 0.05, false],
  [1, 999, 0.001, false],
  [1, 1_000, 0.001, true],
  [1, 1_001, 0.001, false],
  [2, 1_001, 0.001, true],
  [2, 20, 0.001, true],
  [2, 2_001, 0.001, false],
])('%i of %i at a limit of %f: %s', (count, recipients, limit, expected) => {
  expect(isTooHigh(count, recipients, limit)).toBe(expected);
});

test('has limits of its own, or those of the tenant', () => {
  expect(limitsOf({})).toEqual({ bounced: 0.05, complained: 0.001 });
  expect(limitsOf({ bounceRateAlert: 0.2 })).toEqual({ bounced: 0.2, complained: 0.001 });
  expect(limitsOf({ complaintRateAlert: 0.01 })).toEqual({ bounced: 0.05, complained: 0.01 });
});

describe('an alert', () => {
  const limits = { bounced: 0.05, complained: 0.001 };
  const none = { bounced: false, complained: false };
  const window = (bounced: number, complained: number) => ({ from: NOW, recipients: 1_000, bounced, complained });
  const low = window(0, 0);
  const high = window(60, 2);

  test('is raised when the rate comes to its limit', () => {
    expect(nextAlerts(none, { before: low, after: high, limits })).toEqual({
      standing: { bounced: true, complained: true },
      raised: ['bounced', 'complained'],
    });
    expect(nextAlerts(none, { before: low, after: window(49, 2), limits }).raised).toEqual(['complained']);
    expect(nextAlerts(none, { before: low, after: window(49, 0), limits })).toEqual({ standing: none, raised: [] });
  });

  test('is raised once while it stays there', () => {
    const standing = { bounced: true, complained: true };
    expect(nextAlerts(standing, { before: high, after: window(70, 3), limits })).toEqual({ standing, raised: [] });
  });

  test('is raised again once it was below', () => {
    const standing = { bounced: true, complained: true };
    expect(nextAlerts(standing, { before: low, after: high, limits }).raised).toEqual(['bounced', 'complained']);
    expect(nextAlerts(standing, { before: low, after: low, limits }).standing).toEqual(none);
  });

  test('was missed where the rate was too high already and nobody had been told', () => {
    expect(nextAlerts(none, { before: high, after: high, limits }).raised).toEqual(['bounced', 'complained']);
  });
});
