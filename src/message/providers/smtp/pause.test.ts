/** A pause of the whole process, as a snapshot of its machine makes it: the answer comes while nobody can read it. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { createStopping } from '../../../core/stop.ts';
import { createProvider } from '../index.ts';
import { parcelFor } from '../provider.suite.ts';

/** A server in a thread of its own, so that it answers while this one stands still. It says yes to the dot when told. */
const server = `
const { createServer } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
const flag = new Int32Array(workerData);
createServer((socket) => {
  socket.write('220 thread ESMTP\\r\\n');
  let inData = false, held = '';
  socket.on('data', (chunk) => {
    held += chunk;
    if (inData) {
      if (!held.endsWith('\\r\\n.\\r\\n')) return;
      held = ''; inData = false;
      parentPort.postMessage('dot');
      Atomics.wait(flag, 0, 0);
      socket.write('250 2.0.0 taken\\r\\n', () => { Atomics.store(flag, 1, 1); Atomics.notify(flag, 1); });
      return;
    }
    for (let end = held.indexOf('\\r\\n'); end >= 0; end = held.indexOf('\\r\\n')) {
      const line = held.slice(0, end); held = held.slice(end + 2);
      if (line === 'DATA') inData = true;
      socket.write(line === 'DATA' ? '354 go\\r\\n' : '250 ok\\r\\n');
    }
  });
  socket.on('error', () => undefined);
}).listen(0, '127.0.0.1', function () { parentPort.postMessage(this.address().port); });
`;

it('does not throw away a yes that waits in the socket when the time for it is up', async () => {
  const shared = new SharedArrayBuffer(8);
  const flag = new Int32Array(shared);
  const thread = new Worker(server, { eval: true, workerData: shared });
  try {
    const [port] = (await once(thread, 'message')) as [number];
    const config = { type: 'smtp', host: '127.0.0.1', port, tls: 'none', dataTimeoutSeconds: 0.2 } as const;
    const provider = createProvider('relay', config, { clock: systemClock });
    const sending = provider.send(parcelFor(['x@example.com']), createStopping());
    await once(thread, 'message');
    // Stands still until the answer has been written, and then until the time limit is long over.
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
    Atomics.wait(flag, 1, 0, 10_000);
    Atomics.wait(flag, 1, 1, 500);
    const { outcomes } = await sending;
    expect(outcomes.get(1)).toMatchObject({ kind: 'delivered', reply: { text: '250 2.0.0 taken' } });
    await provider.close();
  } finally {
    await thread.terminate();
  }
});
