/** Sources of the tree as scripts that load at once. */

import { join } from 'node:path';
import { buildSync } from 'esbuild';

const root = join(import.meta.dirname, '..');

/** Writes `<name>.cjs` for each of `sources`, paths below the root by name. */
export function bundle(sources: Readonly<Record<string, string>>, folder: string): void {
  buildSync({
    entryPoints: Object.entries(sources).map(([out, source]) => ({ in: join(root, source), out })),
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node26',
    // Assets are read from the source tree, as `base/embedded/assets.ts` does beside itself.
    define: { 'import.meta.dirname': JSON.stringify(join(root, 'src/base/embedded')) },
    logLevel: 'error',
  });
}
