/** The thread for reads that may take long. Its connection cannot write. */

import { parentPort, workerData } from 'node:worker_threads';
import { connect } from './connection.ts';
import { createEngine } from './engine.ts';
import { serve, type ThreadData } from './thread.ts';

const { file } = workerData as ThreadData;
if (parentPort === null) throw new Error('this file runs in a worker thread');

void serve(parentPort, () => {
  const db = connect({ file, readonly: true, cacheKib: 8_192 });
  return { engine: createEngine(db), close: () => db.close() };
});
