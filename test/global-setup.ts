/**
 * What all tests of one run share: a folder for what is made once (`made-once.ts`), and in it a bundle of each worker.
 * Loading a worker's sources takes most of a start, and tests start thousands.
 */

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workerSources } from '../src/base/embedded/worker.ts';
import { bundle } from './bundle.ts';
import { RUN_FOLDER } from './made-once.ts';

export default function setUp(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'iep-tests-'));
  // Some tests run the program as other users.
  chmodSync(folder, 0o755);
  process.env[RUN_FOLDER] = folder;
  bundle(workerSources, join(folder, 'workers'));
  return () => rmSync(folder, { recursive: true, force: true });
}
