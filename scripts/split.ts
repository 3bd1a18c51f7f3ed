/**
 * The program as two scripts: what a command that sends a message needs, and the rest, which is loaded when something of it is
 * asked for. As one script, Node takes 13 ms on every start to take it in.
 */

import { Script } from 'node:vm';
import { type BuildOptions, build, type Metafile, transform } from 'esbuild';

const REST = 'rest.cjs';
const REST_CACHE = 'rest.cache';

export interface Split {
  readonly main: string;
  /** Assets by name: the rest, and V8's code cache of it. */
  readonly assets: Readonly<Record<string, string | Uint8Array>>;
}

/** `waitedFor`: the modules that are in the first script, with all that they import. Paths in the source tree. */
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
      return { name, entry: `${JSON.stringify(`./${name}`)}:(function(require,module,exports){${code}\n})` };
    }),
  );
  const table = (isMain: boolean) =>
    `{${pieces
      .filter(({ name }) => names.has(name) === isMain)
      .map(({ entry }) => entry)
      .join(',\n')}}`;
  const rest = `(${table(false)})`;
  return {
    main: LOADER.replace('TABLE', () => table(true)),
    assets: { [REST]: rest, [REST_CACHE]: new Script(rest, { filename: REST }).createCachedData() },
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
const late = new Map(${JSON.stringify(LATE)}.map((name) => [name, new Proxy({}, { get: (_, key) => require(name)[key] })]));
let rest;
const readRest = () => {
  const { Script } = require("node:vm");
  const { getAsset, getRawAsset } = require("node:sea");
  const cachedData = new Uint8Array(getRawAsset("${REST_CACHE}"));
  return new Script(getAsset("${REST}", "utf8"), { filename: "${REST}", cachedData }).runInThisContext();
};
const loaded = new Map();
const load = (name) => {
  if (!name.startsWith("./")) return late.get(name) ?? require(name);
  let module = loaded.get(name);
  if (module === undefined) {
    module = { exports: {} };
    loaded.set(name, module);
    (pieces[name] ?? (rest ??= readRest())[name])(load, module, module.exports);
  }
  return module.exports;
};
load("./main.js");
`;
