/**
 * The program in pieces: a few scripts have those that a command needs that sends a message, each of the others is a script of
 * its own; each is loaded when something of it is asked for. As one script, Node takes 13 ms on every start to take it in.
 * V8's code caches of the few are made by commands that have sent a message: then they hold every function that such a command
 * needs, where one that is made of the text alone leaves them to be compiled at each start, some 6 ms.
 */

import { basename } from 'node:path';
import { Script } from 'node:vm';
import { type BuildOptions, build, type Metafile, transform } from 'esbuild';

export interface Split {
  /** The entry of the executable. It loads the pieces from the assets. */
  readonly main: string;
  /** The same for an executable that keeps the code caches to be recorded in the folder that `CODE_CACHES` names. */
  readonly recorder: string;
  /** Assets by name: the scripts, and the code caches of those that are one piece. */
  readonly assets: Readonly<Record<string, string | Uint8Array>>;
  /** Names of the assets that are recorded: the code caches of the scripts of several pieces. */
  readonly recorded: readonly string[];
}

/** By its name, a script of several pieces: the modules that are in it, with all that they import and no script before it has. Paths in the source tree. */
export type Scripts = Readonly<Record<string, readonly string[]>>;

export async function split(source: string, scripts: Scripts, options: BuildOptions): Promise<Split> {
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: { main: source },
    outdir: OUTDIR,
    format: 'esm',
    splitting: true,
    metafile: true,
    write: false,
  });
  const scriptOf = scriptsOf(metafile, scripts);
  const pieces = await Promise.all(
    outputFiles.map(async ({ path, text }) => {
      const name = basename(path);
      // A call of require is what both scripts have; import() would look for a file.
      const { code } = await transform(text, {
        format: 'cjs',
        target: 'node26',
        supported: { 'dynamic-import': false },
        ...MINIFY,
      });
      const direct = code.replaceAll(OF_NODE, '({__proto__:require($1),default:require($1)})');
      // In parentheses, so that V8 compiles it when it makes the code cache.
      return {
        name: `./${name}`,
        script: scriptOf.get(`${OUTDIR}/${name}`),
        code: `(function(require,module,exports){${direct}\n})`,
      };
    }),
  );
  const tables = Object.keys(scripts).map((script): [string, string] => {
    const its = pieces.filter((piece) => piece.script === script);
    return [script, `({${its.map(({ name, code }) => `${JSON.stringify(name)}:${code}`).join(',\n')}})`];
  });
  const shared = pieces.filter(({ script }) => script !== undefined);
  const load = LOAD(Object.fromEntries(shared.map(({ name, script }) => [name, script])));
  return {
    main: `${READ}${load}`,
    recorder: `${READ}${RECORD}${load}`,
    recorded: Object.keys(scripts).map(cacheOf),
    assets: Object.fromEntries([
      ...tables,
      ...pieces.flatMap(({ name, script, code }): [string, string | Uint8Array][] => {
        if (script !== undefined) return [];
        return [
          [name, code],
          [cacheOf(name), new Script(code, { filename: name }).createCachedData()],
        ];
      }),
    ]),
  };
}

/** Nothing is written there. */
const OUTDIR = 'dist';

const cacheOf = (script: string) => `${script}.cache`;

const MINIFY = { minifyWhitespace: true, minifySyntax: true, legalComments: 'none' } as const;

/** Of each piece of several, by its path, the script that it is in. */
function scriptsOf({ outputs }: Metafile, scripts: Scripts): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const put = (path: string, script: string) => {
    if (found.has(path)) return;
    found.set(path, script);
    for (const { kind, path: other } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && other in outputs) put(other, script);
    }
  };
  for (const [script, modules] of Object.entries(scripts)) {
    for (const [path, { inputs, entryPoint = '' }] of Object.entries(outputs)) {
      if (modules.some((file) => file === entryPoint || file in inputs)) put(path, script);
    }
  }
  return found;
}

/**
 * Parts of Node that take milliseconds to load, and that a module names at its beginning though a message may need nothing of
 * them: loaded when something of them is used. A name imported from them is looked up at each use, so nobody can tell.
 */
const LATE = [
  ...['node:crypto', 'node:fs/promises', 'node:net', 'node:os', 'node:stream/consumers', 'node:timers/promises'],
  'node:worker_threads',
];

/** What a default import of a part of Node becomes: it would read all that the part exports, and so load what that takes. */
const OF_NODE = /__toESM\(require\(("node:[a-z_/]+")\)(?:,1)?\)/g;

const READ = `"use strict";
const { Script } = require("node:vm");
const { getAsset, getRawAsset } = require("node:sea");
const cacheOf = (filename) => new Uint8Array(getRawAsset(filename + ".cache"));
const scriptOf = (filename, cachedData) => new Script(getAsset(filename, "utf8"), { filename, cachedData });
let compile = (filename) => scriptOf(filename, cacheOf(filename));
`;

const RECORD = `const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const compileOther = compile;
compile = (filename) => {
  if (filename.startsWith("./")) return compileOther(filename);
  const file = process.env.CODE_CACHES + "/" + filename + ".cache";
  const isKnown = existsSync(file);
  const script = scriptOf(filename, isKnown ? readFileSync(file) : new Uint8Array());
  if (isKnown && script.cachedDataRejected) throw new Error("V8 rejects the code cache that it made");
  process.on("exit", () => writeFileSync(file, script.createCachedData()));
  return script;
};
`;

/** `shared`: by its name, the script that a piece is in with others. */
const LOAD = (shared: Readonly<Record<string, unknown>>) => `const shared = ${JSON.stringify(shared)};
const pieces = {};
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
    const script = shared[name];
    if (script !== undefined && !(name in pieces)) Object.assign(pieces, compile(script).runInThisContext());
    (pieces[name] ?? compile(name).runInThisContext())(load, module, module.exports);
  }
  return module.exports;
};
load("./main.js");
`;
