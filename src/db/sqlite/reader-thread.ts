/** The thread for reads that may take long. Its connection cannot write. */

import { parentPort, workerData } from 'node:worker_threads';
import { connect } from './connection.ts';
import { createEngine } from './engine.ts';
import { createScanTurns } from './scan-turns.ts';
import { runThread, type ThreadData, type ToReader, toSentAnswer } from './thread.ts';

const { file } = workerData as ThreadData;
if (parentPort === null) throw new Error('this file runs in a worker thread');

runThread<ToReader>(parentPort, (say) => {
  const db = connect({ file, readonly: true, cacheKib: 8_192 });
  const engine = createEngine(db);
  const turns = createScanTurns({
    answer: (id, answer) => say({ kind: 'scanned', id, answer: toSentAnswer(answer) }),
    later: setImmediate,
    now: () => performance.now(),
  });
  return {
    hear(message) {
      if (message.kind === 'drop') turns.drop(message.id);
      else turns.add({ id: message.id, tenant: message.tenant, begin: () => engine.scan(message.call) });
    },
    close: () => db.close(),
  };
});
