/** Key pairs for DKIM, made in a thread that lives no longer than that. */

import { once } from 'node:events';
import type { KeyPairs } from '../dkim/key-pairs.ts';
import { startWorker } from '../embedded/worker.ts';

export async function makeKeyPairs(): Promise<KeyPairs> {
  const thread = startWorker('key-maker', undefined);
  try {
    const [pairs] = (await once(thread, 'message')) as [KeyPairs];
    return pairs;
  } finally {
    await thread.terminate();
  }
}
