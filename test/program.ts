/** The program as one script, for tests that start it often: unbundled, loading its modules takes most of each call. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUNDLES_KEY } from '../src/base/embedded/worker.ts';
import { bundle } from './bundle.ts';
import { madeOnce, runFolder } from './made-once.ts';

export interface Program {
  /** For `node`. All tests of a run share it, and every user can run it. */
  readonly script: string;
  /** The same, without what makes its next start faster. */
  readonly bare: string;
}

export function bundleProgram(): Program {
  const run = runFolder();
  if (run === undefined) throw new Error('no tests run');
  const folder = madeOnce(run, 'program', (folder) => {
    bundle({ main: 'src/main.ts' }, folder);
    writeFileSync(join(folder, 'iep.cjs'), starter(run));
  });
  return { script: join(folder, 'iep.cjs'), bare: join(folder, 'main.cjs') };
}

/** What is compiled is kept for the next start, and worker threads start from their bundles. */
function starter(run: string): string {
  return `require('node:module').enableCompileCache(${JSON.stringify(join(run, 'compiled'))});
require('node:worker_threads').setEnvironmentData('${BUNDLES_KEY}', ${JSON.stringify(join(run, 'workers'))});
require('./main.cjs');
`;
}
