/**
 * Where in the event log a span of time lies: the one search by time that there is. An event may be written long after its
 * time, since it is told when its attempt is over, and clocks are set back; so no position says that all before it is older.
 */

import type { Connection } from '../connection.ts';

export interface EventTimes {
  /** Position of the first event, by position, whose time is at or after `at`; undefined where there is none. */
  first(at: number): Promise<number | undefined>;
  /** A position after which no event, by position, has a time before `at`: the end of the last stretch with such a time. */
  last(at: number): Promise<number>;
}

export function prepareEventTimes(db: Connection): EventTimes {
  // The index of blocks by time leaves out what is older; events lie in the order in which they were written, or nearly so.
  const first = db.prepare<[number], number | null>('SELECT min(position) FROM events WHERE at >= ?').pluck();
  const last = db
    .prepare<[number], number>('SELECT position FROM events WHERE at < ? ORDER BY position DESC LIMIT 1')
    .pluck();
  return {
    first: async (at) => (await first.get(at)) ?? undefined,
    last: async (at) => (await last.get(at)) ?? 0,
  };
}
