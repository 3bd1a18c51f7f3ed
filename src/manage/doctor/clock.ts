/** The clock, and whether it can be right: schedules, retries and ids rest on it. */

import type { Clock } from '../../core/clock.ts';
import { localTime } from '../../core/time-text.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import { broken, type Finding, ok, warning } from './finding.ts';

/** This code did not exist before. */
const EARLIEST = Date.parse('2026-11-01T00:00:00Z');
/** Clocks of two processes on one machine are the same clock; only a step back makes such a difference. */
const TOLERANCE_MS = 5_000;

export async function checkClock(store: StorePart<'events.end'>, clock: Pick<Clock, 'now'>): Promise<Finding> {
  const now = clock.now();
  const advice = 'Set the clock, and let chrony or systemd-timesyncd keep it.';
  if (now < EARLIEST) return broken('clock', `it says ${localTime(now)}`, advice);
  const { at } = await store.events.end();
  if (at !== undefined && at > now + TOLERANCE_MS) {
    return warning(
      'clock',
      `it says ${localTime(now)}, and the last event was at ${localTime(at)}: it was ahead then, or is behind now`,
      'Compare it with another clock (date -u). If it is right, nothing needs to be done: docs/disaster.md.',
    );
  }
  return ok('clock', localTime(now));
}
