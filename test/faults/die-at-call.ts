/**
 * Preloaded into a process (`node --import`): kills it by SIGKILL just before its nth change of a file below a folder, as DIE_AT
 * and DIE_BELOW say. What follows in the code then never happened.
 */

import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const dieAt = Number(process.env.DIE_AT);
const below = process.env.DIE_BELOW ?? '';
let calls = 0;

type Callable = (...args: unknown[]) => unknown;

function before(holder: object, names: readonly string[]): void {
  const functions = holder as Record<string, Callable>;
  for (const name of names) {
    const real = functions[name];
    if (real === undefined) throw new Error(`there is no ${name}`);
    functions[name] = function (this: unknown, ...args: unknown[]) {
      // A handle has no path: what is open is below it, or is only read.
      const counts = typeof args[0] !== 'string' || args[0].startsWith(below);
      if (counts && ++calls === dieAt) process.kill(process.pid, 'SIGKILL');
      return real.apply(this, args);
    };
  }
}

const handle = await promises.open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(handle) as object;
await handle.close();

before(fs, [
  'mkdirSync',
  'mkdtempSync',
  'writeFileSync',
  'fsyncSync',
  'linkSync',
  'renameSync',
  'unlinkSync',
  'rmSync',
]);
before(promises, ['mkdir', 'writeFile', 'link', 'rename', 'unlink', 'rm', 'open']);
before(prototype, ['sync', 'write']);
syncBuiltinESMExports();
