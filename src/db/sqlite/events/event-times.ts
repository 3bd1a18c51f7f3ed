/**
 * Where in the event log a span of time lies: the one search by time that there is. An event may be written long after its
 * time, since it is told when its attempt is over, and clocks are set back; so no position says that all before it is older.
 */

import type { Connection } from '../connection.ts';
import type { Pieces } from '../verb.ts';

export interface EventTimes {
  /** Position of the first event, by position, whose time is at or after `at`; undefined where there is none. */
  first(at: number): Pieces<number | undefined>;
  /** A position after which no event, by position, has a time before `at`: the end of the last stretch with such a time. */
  last(at: number): number;
}

/** Events looked at in one piece: about two milliseconds. */
const PIECE = 10_000;

export function prepareEventTimes(db: Connection): EventTimes {
  const before = db.prepare<[number], number>('SELECT max(position) FROM event_marks WHERE latest < +?').pluck();
  const holding = db.prepare<[number], number>('SELECT max(position) FROM event_marks WHERE earliest < +?').pluck();
  const marked = db.prepare<[], number>('SELECT coalesce(max(position), 0) FROM event_marks').pluck();
  const newest = db.prepare<[], number>('SELECT coalesce(max(position), 0) FROM events').pluck();
  const tail = db
    .prepare<[number, number], number>('SELECT 1 FROM events WHERE position > +? AND at < +? LIMIT 1')
    .pluck();
  const find = db
    .prepare<[number, number, number], number>(
      'SELECT position FROM events WHERE position > +? AND position <= +? AND at >= +? ORDER BY position LIMIT 1',
    )
    .pluck();
  return {
    *first(at) {
      const end = newest.get() ?? 0;
      for (let from = before.get(at) ?? 0; from < end; from += PIECE) {
        const position = find.get(from, from + PIECE, at);
        if (position !== undefined) return position;
        yield;
      }
      return undefined;
    },
    last(at) {
      const isInTail = tail.get(marked.get() ?? 0, at) !== undefined;
      return (isInTail ? newest.get() : holding.get(at)) ?? 0;
    },
  };
}
