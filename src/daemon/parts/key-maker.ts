/** Key pairs for DKIM, made in a thread that lives no longer than that. */

import { once } from 'node:events';
import { startWorker } from '../../base/embedded/worker.ts';
import type { KeyPairs } from '../../message/dkim/key-pairs.ts';

export async function makeKeyPairs(): Promise<KeyPairs> {
  const thread = startWorker('key-maker', undefined);
  try {
    const [pairs] = (await once(thread, 'message')) as [KeyPairs];
    return pairs;
  } finally {
    await thread.terminate();
  }
}
