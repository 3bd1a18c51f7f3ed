/**
 * Starts a worker thread from its source file, or, inside the executable, from the bundle that was made of it.
 * A worker is named here and nowhere else, so that the build bundles exactly the workers that exist.
 */

import { join } from 'node:path';
import { getEnvironmentData, type ResourceLimits, Worker } from 'node:worker_threads';
import { settleSqliteAddon } from './addon.ts';
import { isExecutable, readTextAsset, sourcePath } from './assets.ts';

/** Worker name to source file; its bundle is the asset of that name. */
export const workerSources = {
  'store-writer': 'src/db/sqlite/writer-thread.ts',
  'store-reader': 'src/db/sqlite/reader-thread.ts',
  'json-reader': 'src/http/json-thread.ts',
  renderer: 'src/message/render/renderer-thread.ts',
  'mjml-renderer': 'src/message/render/mjml-thread.ts',
  preview: 'src/message/preview/preview-thread.ts',
  'key-maker': 'src/message/dkim/key-thread.ts',
} as const;

export type WorkerName = keyof typeof workerSources;

/**
 * Key in the environment data: a folder that has a bundle of each worker. A process that runs from source and starts many
 * names one; a worker's sources take longer to load than all that most tests ask of it.
 */
export const BUNDLES_KEY = 'iep.workerBundles';

/** `limits` bounds the worker's own heap; without it V8 sizes it for the machine. */
export function startWorker(name: WorkerName, workerData: unknown, limits?: ResourceLimits): Worker {
  leaveGoneDirectory();
  // Before the worker's copy of the environment data is taken.
  settleSqliteAddon();
  const options = { name, workerData, ...(limits && { resourceLimits: limits }) };
  if (isExecutable()) return new Worker(readTextAsset(workerSources[name]), { ...options, eval: true });
  const bundles = getEnvironmentData(BUNDLES_KEY);
  return new Worker(
    typeof bundles === 'string' ? join(bundles, `${name}.cjs`) : sourcePath(workerSources[name]),
    options,
  );
}

/** Node asks for the working directory as a thread begins, and a deployment may have removed it under the daemon. */
function leaveGoneDirectory(): void {
  try {
    process.cwd();
  } catch {
    process.chdir('/');
  }
}
