/** The program as one script, for tests that start it often: unbundled, loading its modules takes most of each call. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');

export interface Program {
  /** The script, for `node`. */
  readonly script: string;
  remove(): void;
}

export async function bundleProgram(): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), 'iep-program-'));
  const script = join(folder, 'iep.cjs');
  await build({
    entryPoints: [join(root, 'src/main.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node26',
    // Assets are read from the source tree, as `base/embedded/assets.ts` does beside itself.
    define: { 'import.meta.dirname': JSON.stringify(join(root, 'src/base/embedded')) },
    logLevel: 'error',
  });
  return { script, remove: () => rmSync(folder, { recursive: true }) };
}
