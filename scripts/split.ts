/**
 * The program in pieces: one script has those that a command needs that sends a message, each of the others is a script of its
 * own, which is loaded when something of it is asked for. As one script, Node takes 13 ms on every start to take it in.
 */

import { Script } from 'node:vm';
import { type BuildOptions, build, type Metafile, transform } from 'esbuild';

export interface Split {
  readonly main: string;
  /** Assets by name: the other pieces, each with V8's code cache of it. */
  readonly assets: Readonly<Record<string, string | Uint8Array>>;
}

/** `waitedFor`: the modules that are in the main script, with all that they import. Paths in the source tree. */
export async function split(source: string, waitedFor: readonly string[], options: BuildOptions): Promise<Split> {
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: { main: source },
    outdir: 'dist',
    format: 'esm',
    splitting: true,
    metafile: true,
    write: false,
  });
  const names = namesOf(metafile, waitedFor);
  const pieces = await Promise.all(
    outputFiles.map(async ({ path, text }) => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      // A call of require is what both scripts have; import() would look for a file.
      const { code } = await transform(text, {
        format: 'cjs',
        target: 'node26',
        supported: { 'dynamic-import': false },
        ...MINIFY,
      });
      // In parentheses, so that V8 compiles it when it makes the code cache.
      return { name: `./${name}`, isMain: names.has(name), code: `(function(require,module,exports){${code}\n})` };
    }),
  );
  const [main, others] = [pieces.filter(({ isMain }) => isMain), pieces.filter(({ isMain }) => !isMain)];
  const table = `{${main.map(({ name, code }) => `${JSON.stringify(name)}:${code}`).join(',\n')}}`;
  return {
    main: LOADER.replace('TABLE', () => table),
    assets: Object.fromEntries(
      others.flatMap(({ name, code }): [string, string | Uint8Array][] => [
        [name, code],
        [`${name}.cache`, new Script(code, { filename: name }).createCachedData()],
      ]),
    ),
  };
}

const MINIFY = { minifyWhitespace: true, minifySyntax: true, legalComments: 'none' } as const;

/** The pieces that hold those modules, and all that those pieces import at once. */
function namesOf({ outputs }: Metafile, waitedFor: readonly string[]): ReadonlySet<string> {
  const isWaitedFor = ({ inputs, entryPoint = '' }: Metafile['outputs'][string]) =>
    waitedFor.some((file) => file === entryPoint || file in inputs);
  const found = new Set(Object.entries(outputs).flatMap(([path, output]) => (isWaitedFor(output) ? [path] : [])));
  for (const path of found) {
    for (const { kind, path: other } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && other in outputs) found.add(other);
    }
  }
  return new Set([...found].map((path) => path.slice(path.lastIndexOf('/') + 1)));
}

/**
 * Parts of Node that take milliseconds to load, and that a module names at its beginning though a message may need nothing of
 * them: loaded when something of them is used. A name imported from them is looked up at each use, so nobody can tell.
 */
const LATE = ['node:crypto', 'node:fs/promises', 'node:worker_threads'];

const LOADER = `"use strict";
const pieces = TABLE;
const lateOf = (name) => {
  let found;
  return new Proxy({}, { get: (_, key) => (found ??= require(name))[key] });
};
const late = new Map(${JSON.stringify(LATE)}.map((name) => [name, lateOf(name)]));
const readPiece = (filename) => {
  const { Script } = require("node:vm");
  const { getAsset, getRawAsset } = require("node:sea");
  const cachedData = new Uint8Array(getRawAsset(filename + ".cache"));
  return new Script(getAsset(filename, "utf8"), { filename, cachedData }).runInThisContext();
};
const loaded = new Map();
const load = (name) => {
  if (!name.startsWith("./")) return late.get(name) ?? require(name);
  let module = loaded.get(name);
  if (module === undefined) {
    module = { exports: {} };
    loaded.set(name, module);
    (pieces[name] ?? readPiece(name))(load, module, module.exports);
  }
  return module.exports;
};
load("./main.js");
`;
