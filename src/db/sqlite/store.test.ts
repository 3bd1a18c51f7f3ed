/** SQLite against the store's contract, in the daemon's form (threads) and the command line's (inline). */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choreSuite } from '../chore.suite.ts';
import { storeSuite } from '../store.suite.ts';
import { openSqliteStore } from './open.ts';

for (const threads of [true, false]) {
  const harness = async () => {
    const directory = await mkdtemp(join(tmpdir(), 'iep-store-'));
    const open = () => openSqliteStore({ file: join(directory, 'iep.db'), threads });
    return { open, reopen: open, cleanUp: () => rm(directory, { recursive: true }) };
  };
  const name = threads ? 'SQLite in threads' : 'SQLite inline';
  storeSuite(name, harness);
  choreSuite(name, harness);
}
