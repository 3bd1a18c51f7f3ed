/** What is made once a run of the tests: by whom needs it first. */

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Names the folder of the run in the environment; global-setup.ts makes it. */
export const RUN_FOLDER = 'VITEST_RUN_FOLDER';

/** Undefined where no tests run: some scripts use what tests do. */
export const runFolder = (): string | undefined => process.env[RUN_FOLDER];

/** The folder of that name in that of the run, which `make` has filled: it has its name only once it is whole. */
export function madeOnce(run: string, name: string, make: (folder: string) => void): string {
  const folder = join(run, name);
  if (existsSync(folder)) return folder;
  const own = `${folder}.${process.pid}`;
  mkdirSync(own);
  make(own);
  try {
    renameSync(own, folder);
  } catch (error) {
    // Another was faster.
    if (!existsSync(folder)) throw error;
    rmSync(own, { recursive: true });
  }
  return folder;
}
