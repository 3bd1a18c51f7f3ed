/** `npm run build`: makes dist/iep, one executable with Node, IEP, SQLite and every file it reads inside. */

import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { addonAsset, prebuild } from '../src/base/embedded/addon.ts';
import { versions } from '../src/base/embedded/version.ts';
import { workerSources } from '../src/base/embedded/worker.ts';
import { DASHBOARD_FILES } from '../src/daemon/parts/dashboard.ts';
import { recordCodeCaches } from './record-code-caches.ts';
import { split } from './split.ts';
import { buildUi } from './ui/build.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const work = join(dist, 'build');

/** What a script waits for that sends a message: with all that they import, compiled when this is built. */
const waitedFor = {
  first: [
    ...['src/main.ts', 'src/cli/program.ts', 'src/cli/commands/send.ts', 'src/cli/client/enter-data-dir.ts'],
    ...['src/cli/client/find-daemon.ts', 'src/cli/client/http-transport.ts'],
  ],
  // Where no daemon is.
  store: ['src/cli/client/local-store.ts', 'src/cli/send/local-accept.ts'],
};

/** Directories whose files are read by name at run time. */
const assetDirectories = ['src/db/migrations', 'src/db/postgres/migrations', DASHBOARD_FILES, 'templates'];
const assetFiles = ['iep.config.example.yaml'];

/** Short hash of the commit, with `+` when the tree differs from it. */
function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return git('rev-parse', '--short=12', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+');
  } catch {
    // Built from an archive: there is no repository to ask.
    return 'unknown';
  }
}

const baked = { ...versions(), commit: commit() };

/** commander imports what starts processes, for subcommands that are programs of their own. We have none, and it takes 5 ms. */
const withoutProcesses: Plugin = {
  name: 'without-processes',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer, path }) =>
      importer.includes('/node_modules/commander/') ? { path, namespace: 'none' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** libmime holds the tables of every character set, 3 MB, for headers that are not in UTF-8: it is made when one comes. */
const lateTables: Plugin = {
  name: 'late-tables',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^libmime$/ }, ({ path, namespace }) =>
      namespace === 'late' ? undefined : { path, namespace: 'late' },
    );
    onLoad({ filter: /.*/, namespace: 'late' }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, { get: (_, name) => require(${JSON.stringify(path)})[name] });`,
      resolveDir: root,
    }));
  },
};

const options: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node26',
  // Names stay, so that a stack trace in a log says something.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  define: {
    'import.meta.dirname': '""',
    IEP_BUILD: JSON.stringify(baked),
  },
  plugins: [withoutProcesses, lateTables],
  logLevel: 'warning',
};

/** One CommonJS file with all that `source` imports; what is imported lazily is still evaluated lazily. */
async function bundle(source: string, outfile: string): Promise<void> {
  const result = await build({ ...options, entryPoints: [source], outfile, format: 'cjs' });
  if (result.warnings.length > 0) throw new Error('The bundler warned: what it could not resolve fails at run time.');
}

async function assets(): Promise<Record<string, string>> {
  const found: Record<string, string> = { [addonAsset]: join(root, prebuild(process.platform, process.arch)) };
  for (const directory of assetDirectories) {
    for (const entry of readdirSync(join(root, directory), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) found[relative(root, path)] = path;
    }
  }
  for (const name of assetFiles) found[name] = join(root, name);
  for (const [name, source] of Object.entries(workerSources)) {
    const outfile = join(work, `${name}.cjs`);
    await bundle(source, outfile);
    found[source] = outfile;
  }
  return found;
}

/** Node without its symbols: 150 → 116 MB. Before injection, because after it the result would crash. */
function bareNode(): string {
  const node = join(work, 'node');
  copyFileSync(process.execPath, node);
  chmodSync(node, 0o755);
  try {
    execFileSync('strip', [node]);
  } catch {
    console.warn('No `strip` here: the executable will be larger than it need be.');
  }
  return node;
}

/** None that V8 counts as another way to compile: it would reject the code cache of Node's own modules. See `base/embedded/memory.ts`. */
const execArgv = [
  // node:ffi, which loads SQLite from memory, calls itself experimental on every start.
  '--disable-warning=ExperimentalWarning',
  // MiB. Under batches over HTTP 16 took some 40 MB more than this, and no rate differed by more than the noise.
  '--max-semi-space-size=8',
  // MiB. A command that sends a message ends before it has filled this; V8 begins with less, and collected twice, for 5 ms.
  '--min-semi-space-size=4',
];

async function main(): Promise<void> {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const program = await split('src/main.ts', waitedFor, options);
  await buildUi();
  const files = await assets();
  for (const [name, content] of Object.entries(program.assets)) {
    files[name] = join(work, name);
    writeFileSync(files[name], content);
  }
  const node = bareNode();
  const recorder = inject({ node, name: 'recorder', main: program.recorder, assets: files });
  await recordCodeCaches(recorder, work);
  for (const name of program.recorded) files[name] = join(work, name);
  const output = inject({ node, name: 'iep', main: program.main, assets: files });
  // A copy, because what was written in one go lies in the page cache in pieces so large that a process which touches
  // a little of them is charged 30 MB more. A rename, so that an executable that is running now keeps its file.
  copyFileSync(output, join(work, 'copy'));
  renameSync(join(work, 'copy'), join(dist, 'iep'));
  rmSync(work, { recursive: true });
  console.log(`dist/iep ${(statSync(join(dist, 'iep')).size / 1e6).toFixed(0)} MB`);
}

/** An executable of this program; its path. */
function inject(made: { node: string; name: string; main: string; assets: Record<string, string> }): string {
  const { node, name, main, assets } = made;
  const [entry, settings, output] = [join(work, `${name}.cjs`), join(work, `${name}.json`), join(work, name)];
  writeFileSync(entry, main);
  const sea = {
    main: entry,
    output,
    executable: node,
    useCodeCache: true,
    // Neither NODE_OPTIONS nor a flag of Node's on our command line may change what the executable does.
    execArgvExtension: 'none',
    execArgv,
    disableExperimentalSEAWarning: true,
    assets,
  };
  writeFileSync(settings, JSON.stringify(sea, null, 2));
  execFileSync(process.execPath, [...execArgv, '--build-sea', settings], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (process.platform === 'darwin') execFileSync('codesign', ['--sign', '-', output]);
  return output;
}

await main();
