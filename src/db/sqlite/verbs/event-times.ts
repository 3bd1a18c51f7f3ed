/**
 * Where in the event log a span of time lies: the one search by time that there is. An event may be written long after its
 * time, since it is told when its attempt is over, and clocks are set back; so no position says that all before it is older.
 */

import type { Connection } from '../connection.ts';
import type { Pieces } from '../verb.ts';

export interface EventTimes {
  /** Position of the first event, by position, whose time is at or after `at`; undefined where there is none. */
  first(at: number): Pieces<number | undefined>;
  /** Position of the last event, by position, whose time is before `at`; undefined where there is none. */
  last(at: number): Pieces<number | undefined>;
}

interface Part {
  position: number | null;
  end: number | null;
  count: number;
}

/** Entries of the index looked at in one piece: about two milliseconds. */
const PIECE = 20_000;

export function prepareEventTimes(db: Connection): EventTimes {
  // Of one time the index holds the lowest position first, so a part that ends within that time has seen what counts of it.
  const later = db.prepare<[number, number], Part>(
    `SELECT min(position) AS position, max(at) AS end, count(*) AS count
     FROM (SELECT position, at FROM events WHERE at >= +? ORDER BY at, position LIMIT +?)`,
  );
  const earlier = db.prepare<[number, number], Part>(
    `SELECT max(position) AS position, min(at) AS end, count(*) AS count
     FROM (SELECT position, at FROM events WHERE at < +? ORDER BY at DESC, position DESC LIMIT +?)`,
  );
  return {
    *first(at) {
      let least = Number.POSITIVE_INFINITY;
      for (let from = at; ; yield) {
        const part = later.get(from, PIECE);
        least = Math.min(least, part?.position ?? Number.POSITIVE_INFINITY);
        if (part?.end == null || part.count < PIECE) return Number.isFinite(least) ? least : undefined;
        from = part.end + 1;
      }
    },
    *last(at) {
      let greatest = 0;
      for (let before = at; ; yield) {
        const part = earlier.get(before, PIECE);
        greatest = Math.max(greatest, part?.position ?? 0);
        if (part?.end == null || part.count < PIECE) return greatest === 0 ? undefined : greatest;
        before = part.end;
      }
    },
  };
}
