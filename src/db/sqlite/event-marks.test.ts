/** Where a span of time ends in the log, with marks of stretches and without. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Connection, openFile } from './connection.ts';
import { markWholeLog, prepareEventMarks, STRETCH } from './event-marks.ts';
import { prepareEventTimes } from './events/event-times.ts';
import { migrate } from './migrate.ts';
import { readMigrations } from './open.ts';

let directory: string;
let db: Connection;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'iep-marks-'));
  db = openFile(join(directory, 'iep.db'), {});
  migrate(db, readMigrations());
  db.pragma('foreign_keys = OFF');
});
afterEach(() => {
  db.close();
  rmSync(directory, { recursive: true });
});

/** Most in order, some hours late, some early. */
function write(count: number): number[] {
  const insert = db.prepare("INSERT INTO events (message_seq, sequence, type, at) VALUES (?, 1, 'queued', ?)");
  const mark = prepareEventMarks(db);
  const times: number[] = [];
  db.transaction(() => {
    for (let one = 0; one < count; one += 1) {
      const at = one + (one % 701 === 5 ? 3000 : 0) - (one % 911 === 3 ? 2500 : 0);
      times.push(at);
      insert.run(one, at);
      if (one % 130 === 0) mark();
    }
  })();
  return times;
}
const marks = () => db.prepare<[], number>('SELECT count(*) FROM event_marks').pluck().get();

it('ends no span before its last event, and with marks hardly after it', () => {
  const times = write(10 * STRETCH);
  const { last } = prepareEventTimes(db);
  for (const until of [-3000, 0, 1, 2500, 4444, 9000, 9999, 20_000]) {
    const exact = times.findLastIndex((at) => at < until) + 1;
    expect(last(until), String(until)).toBeGreaterThanOrEqual(exact);
    expect(last(until), String(until)).toBeLessThan(exact + 2 * STRETCH);
  }
  markWholeLog(db);
  expect(marks()).toBe(1);
  expect(last(4444)).toBe(10 * STRETCH);
});

it('drops the marks of events that are gone, and goes on from the newest', () => {
  write(5 * STRETCH);
  expect(marks()).toBeGreaterThan(3);
  db.exec('DELETE FROM events');
  write(2 * STRETCH);
  expect(marks()).toBeLessThanOrEqual(3);
  const end = db.prepare<[], number>('SELECT max(position) FROM events').pluck().get();
  expect(prepareEventTimes(db).last(10_000)).toBe(end);
});
