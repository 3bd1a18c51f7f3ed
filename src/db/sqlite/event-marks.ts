/**
 * Marks in the event log, one for a stretch of a thousand events or so: where it ends, the latest time up to there, and the
 * earliest time in it. A search by time reads one stretch. An index of all times would cost every message an entry, for a
 * search that is rare.
 */

import type { Connection } from './connection.ts';

/** Events of a stretch; more where one commit held more. */
export const STRETCH = 1_000;

/** Returns what each commit of the writer calls before its end. */
export function prepareEventMarks(db: Connection): () => void {
  const end = db.prepare<[], number>('SELECT coalesce(max(position), 0) FROM events').pluck();
  const marked = db.prepare<[], number>('SELECT coalesce(max(position), 0) FROM event_marks').pluck();
  const insert = db.prepare<[number, number]>(
    `INSERT INTO event_marks (position, latest, earliest)
     SELECT max(position), max(max(at), coalesce((SELECT max(latest) FROM event_marks WHERE position = +?), 0)), min(at)
     FROM events WHERE position > +? HAVING count(*) > 0`,
  );
  /** Marks of events that are not kept any more. The newest stays, because the next one goes on from it. */
  const prune = db.prepare<[number]>(
    'DELETE FROM event_marks WHERE position < (SELECT coalesce(min(position), 0) FROM events) AND position < +?',
  );
  let last: number | undefined;

  return () => {
    const position = end.get() ?? 0;
    last ??= marked.get() ?? 0;
    if (position - last < STRETCH) return;
    // Another process may have been faster.
    last = marked.get() ?? 0;
    if (position - last < STRETCH) return;
    insert.run(last, last);
    prune.run(last);
    last = position;
  };
}

/** One mark for all events, where nothing is known of the stretches. */
export function markWholeLog(db: Connection): void {
  db.exec(
    `DELETE FROM event_marks;
     INSERT INTO event_marks (position, latest, earliest)
       SELECT max(position), max(at), min(at) FROM events HAVING count(*) > 0`,
  );
}
