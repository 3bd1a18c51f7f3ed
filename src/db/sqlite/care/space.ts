/** The verbs that keep the file lean: statistics, the write-ahead log, pages that hold nothing. */

import { statSync } from 'node:fs';
import type { SpaceReport } from '../../verbs/file-care.ts';
import type { Connection } from '../connection.ts';
import type { Verb } from '../verb.ts';

/** Rows looked at for each index (https://sqlite.org/pragma.html#pragma_analysis_limit): milliseconds with any amount of mail. */
const SAMPLED_ROWS = 400;
/** `PRAGMA auto_vacuum`: free pages are moved to the end of the file when they are asked for. */
const INCREMENTAL = 2;

export const optimize: Verb<'care.optimize'> = {
  kind: 'write',
  prepare(db) {
    const hasStatistics = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'");
    return () => {
      db.pragma(`analysis_limit = ${SAMPLED_ROWS}`);
      db.pragma('optimize');
      if (hasStatistics.get() === undefined) return;
      // A queue is empty one moment and a million rows long the next; what it was tonight says nothing, and a plan made
      // for a few rows would walk all of them.
      db.exec("DELETE FROM sqlite_stat1 WHERE tbl IN ('outbox', 'webhook_queue')");
      db.exec('ANALYZE sqlite_schema');
    };
  },
};

export const checkpoint: Verb<'care.checkpoint'> = {
  kind: 'alone',
  prepare(db) {
    return () => {
      // A reader that is still at work is not waited for: mail would wait with us.
      const waitMs = Number(db.pragma('busy_timeout', { simple: true }));
      db.pragma('busy_timeout = 0');
      const [result] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
      db.pragma(`busy_timeout = ${waitMs}`);
      const wal = statSync(`${db.name}-wal`, { throwIfNoEntry: false });
      return { walBytes: wal?.size ?? 0, blocked: result?.busy === 1 };
    };
  },
};

export const giveBack: Verb<'care.giveBack'> = {
  kind: 'write',
  prepare(db) {
    const report = prepareReport(db);
    return ({ pages }) => {
      db.pragma(`incremental_vacuum(${Math.max(1, Math.floor(pages))})`);
      return report();
    };
  },
};

export const compact: Verb<'care.compact'> = {
  kind: 'alone',
  prepare(db) {
    const report = prepareReport(db);
    return () => {
      db.pragma('auto_vacuum = INCREMENTAL');
      db.exec('VACUUM');
      db.pragma('wal_checkpoint(TRUNCATE)');
      return report();
    };
  },
};

export const space: Verb<'care.space'> = {
  kind: 'read',
  prepare: (db) => prepareReport(db),
};

function prepareReport(db: Connection): () => SpaceReport {
  const number = (pragma: string) => Number(db.pragma(pragma, { simple: true }));
  return () => ({
    pageBytes: number('page_size'),
    pages: number('page_count'),
    freePages: number('freelist_count'),
    canShrink: number('auto_vacuum') === INCREMENTAL,
  });
}
