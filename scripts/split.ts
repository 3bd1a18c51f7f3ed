/**
 * The program in pieces: one script has those that a command needs that sends a message, each of the others is a script of its
 * own, which is loaded when something of it is asked for. As one script, Node takes 13 ms on every start to take it in.
 * V8's code cache of the first is made by commands that have sent a message: then it holds every function that they need, where
 * one that is made of the text alone leaves them to be compiled at each start, some 6 ms.
 */

import { Script } from 'node:vm';
import { type BuildOptions, build, type Metafile, transform } from 'esbuild';

export interface Split {
  /** The entry of the executable. It loads the pieces from the assets. */
  readonly main: string;
  /** The same for an executable that keeps the code cache of the first script in the file that `IEP_CODE_CACHE` names. */
  readonly recorder: string;
  /** Assets by name: the scripts, each but the first with its code cache. */
  readonly assets: Readonly<Record<string, string | Uint8Array>>;
}

/** Asset of V8's code cache of the first script. */
export const FIRST_CACHE = './first.js.cache';
const FIRST = './first.js';

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
      return { name: `./${name}`, isFirst: names.has(name), code: `(function(require,module,exports){${code}\n})` };
    }),
  );
  const [first, others] = [pieces.filter(({ isFirst }) => isFirst), pieces.filter(({ isFirst }) => !isFirst)];
  const table = `({${first.map(({ name, code }) => `${JSON.stringify(name)}:${code}`).join(',\n')}})`;
  return {
    main: `${READ}const first = compile("${FIRST}");\n${LOAD}`,
    recorder: `${READ}${RECORD}${LOAD}`,
    assets: Object.fromEntries([
      [FIRST, table],
      ...others.flatMap(({ name, code }): [string, string | Uint8Array][] => [
        [name, code],
        [`${name}.cache`, new Script(code, { filename: name }).createCachedData()],
      ]),
    ]),
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

const READ = `"use strict";
const { Script } = require("node:vm");
const { getAsset, getRawAsset } = require("node:sea");
const cacheOf = (filename) => new Uint8Array(getRawAsset(filename + ".cache"));
const compile = (filename, cachedData = cacheOf(filename)) => new Script(getAsset(filename, "utf8"), { filename, cachedData });
`;

const RECORD = `const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const file = process.env.IEP_CODE_CACHE;
const isKnown = existsSync(file);
const first = compile("${FIRST}", isKnown ? readFileSync(file) : new Uint8Array());
if (isKnown && first.cachedDataRejected) throw new Error("V8 rejects the code cache that it made");
process.on("exit", () => writeFileSync(file, first.createCachedData()));
`;

const LOAD = `const pieces = first.runInThisContext();
const lateOf = (name) => {
  let found;
  const late = () => (found ??= require(name));
  return new Proxy({}, {
    get: (_, key) => late()[key],
    ownKeys: () => Reflect.ownKeys(late()),
    getOwnPropertyDescriptor(_, key) {
      const property = Reflect.getOwnPropertyDescriptor(late(), key);
      return property && { ...property, configurable: true };
    },
  });
};
const late = new Map(${JSON.stringify(LATE)}.map((name) => [name, lateOf(name)]));
const loaded = new Map();
const load = (name) => {
  if (!name.startsWith("./")) return late.get(name) ?? require(name);
  let module = loaded.get(name);
  if (module === undefined) {
    module = { exports: {} };
    loaded.set(name, module);
    (pieces[name] ?? compile(name).runInThisContext())(load, module, module.exports);
  }
  return module.exports;
};
load("./main.js");
`;
