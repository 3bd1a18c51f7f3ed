/** The dashboard as files: bundled, named by their hash, and compressed once, for the executable and for the daemon from source. */

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { type BuildOptions, type BuildResult, context, build as esbuild, type Plugin } from 'esbuild';
import { DASHBOARD_FILES } from '../../src/daemon/parts/dashboard.ts';

const root = join(import.meta.dirname, '../..');
const outdir = join(root, DASHBOARD_FILES);

const options = {
  absWorkingDir: root,
  entryPoints: { app: 'src/ui/main.tsx', style: 'src/ui/styles/index.css', icon: 'src/ui/icon.svg' },
  loader: { '.svg': 'copy' },
  outdir,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2023',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
  legalComments: 'none',
  metafile: true,
  write: false,
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** Scripts that share nothing: one runs before anything is painted, one beside all tabs. */
const alone = {
  ...options,
  entryPoints: { theme: 'src/ui/theme.ts', live: 'src/ui/api/live-worker.ts' },
  splitting: false,
  format: 'iife',
} as const satisfies BuildOptions;

const entryPoints: Readonly<Record<string, string>> = { ...options.entryPoints, ...alone.entryPoints };

type Built = BuildResult<typeof options>;

/** By name, before compression. */
async function filesOf(app: Built): Promise<ReadonlyMap<string, Uint8Array>> {
  const built = [app, await esbuild(alone)];
  const files = new Map(
    built.flatMap(({ outputFiles }) => outputFiles.map((file) => [basename(file.path), file.contents] as const)),
  );
  const outputs = built.flatMap(({ metafile }) => Object.entries(metafile.outputs));
  const nameOf = (source: string) => {
    const isOf = ([, { entryPoint, inputs }]: (typeof outputs)[number]) =>
      entryPoint === source || Object.keys(inputs)[0] === source;
    const found = outputs.find(isOf);
    if (found === undefined) throw new Error(`${source} does not belong to the dashboard`);
    return basename(found[0]);
  };
  const page = readFileSync(join(root, 'src/ui/index.html'), 'utf8').replaceAll(/\{\{(\w+)\}\}/g, (_, entry: string) =>
    nameOf(entryPoints[entry] ?? entry),
  );
  return files.set('index.html', new TextEncoder().encode(page));
}

/** Written aside and renamed, so that a daemon that reads meanwhile finds the old files or the new ones. */
function write(files: ReadonlyMap<string, Uint8Array>): void {
  const aside = `${outdir}.new`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  for (const [name, bytes] of files) {
    writeFileSync(join(aside, `${name}.gz`), gzipSync(bytes, { level: 9 }));
    writeFileSync(
      join(aside, `${name}.br`),
      brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_LGWIN]: 22 } }),
    );
  }
  rmSync(outdir, { recursive: true, force: true });
  renameSync(aside, outdir);
}

const define = (dev: boolean) => ({ RELOADS: String(dev) });

export async function buildUi({ dev = false } = {}): Promise<void> {
  write(await filesOf(await esbuild({ ...options, define: define(dev) })));
}

/** Builds at once, and again with each change of the sources. */
export async function watchUi(): Promise<void> {
  const writes: Plugin = { name: 'writes', setup: ({ onEnd }) => onEnd((built) => settle(built as Built)) };
  const settle = async (built: Built) => {
    if (built.errors.length === 0) write(await filesOf(built));
  };
  const watching = await context({ ...options, define: define(true), plugins: [writes] });
  await watching.rebuild();
  await watching.watch();
}
