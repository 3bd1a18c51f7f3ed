/** SQLite against the store's contract, in the daemon's form (threads) and the command line's (inline). */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choreSuite } from '../chore.suite.ts';
import { contentSuite } from '../content.suite.ts';
import { domainSuite } from '../domain.suite.ts';
import { outSuite } from '../out.suite.ts';
import { rateLimitSuite } from '../rate-limits.suite.ts';
import { searchSuite } from '../search.suite.ts';
import { secretsSuite } from '../secrets.suite.ts';
import { type StoreHarness, storeSuite } from '../store.suite.ts';
import { suppressionSuite } from '../suppression.suite.ts';
import { webhookSuite } from '../webhook.suite.ts';
import { openSqliteStore } from './open.ts';

for (const threads of [true, false]) {
  const name = threads ? 'SQLite in threads' : 'SQLite inline';
  const createHarness = async (): Promise<StoreHarness> => {
    const directory = await mkdtemp(join(tmpdir(), 'iep-store-'));
    const open = () => openSqliteStore({ file: join(directory, 'iep.db'), threads });
    return { open, reopen: open, cleanUp: () => rm(directory, { recursive: true }) };
  };
  storeSuite(name, createHarness);
  secretsSuite(name, createHarness);
  outSuite(name, createHarness);
  rateLimitSuite(name, createHarness, threads ? 1 : 25);
  // Threads change nothing that this contract is about, and starting them takes most of a test; the stories have them.
  if (!threads) webhookSuite(name, createHarness);
  if (!threads) contentSuite(name, createHarness);
  choreSuite(name, createHarness);
  domainSuite(name, createHarness);
  suppressionSuite(name, createHarness);
  searchSuite(name, createHarness);
}
