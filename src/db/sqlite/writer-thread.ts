/** The thread that writes: owns the one writing connection, migrates on start, commits batches as they come. */

import { parentPort, workerData } from 'node:worker_threads';
import { giveBackMemory } from '../../base/embedded/memory.ts';
import { connect } from './connection.ts';
import { createEngine } from './engine.ts';
import { makeSchema, migrate } from './migrate.ts';
import { runThread, type ThreadData, type ToWriter, toSentAnswer } from './thread.ts';

/** How often another process's commits are looked for in case its wake-up was lost (it died right after committing). */
const FOREIGN_CHECK_MS = 1_000;

const { file, migrations, migrates } = workerData as ThreadData;
const port = parentPort;
if (port === null) throw new Error('this file runs in a worker thread');

runThread<ToWriter>(port, (say) => {
  const db = connect({ file, readonly: false, cacheKib: 16_384 });
  if (migrates) migrate(db, migrations);
  else makeSchema(db, migrations);
  // Changes only when another connection has committed (https://sqlite.org/pragma.html#pragma_data_version).
  const dataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
  let version = dataVersion.get();
  setInterval(() => {
    const current = dataVersion.get();
    if (current === version) return;
    version = current;
    say({ kind: 'foreign' });
  }, FOREIGN_CHECK_MS).unref();
  const engine = createEngine(db);
  return {
    hear({ calls }) {
      const startedAt = performance.now();
      const answers = engine.run(calls).map(toSentAnswer);
      say({ kind: 'batch', answers, durationMs: performance.now() - startedAt });
    },
    close: () => db.close(),
  };
});

giveBackMemory();
