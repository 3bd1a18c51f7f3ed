/**
 * Memory of the daemon: V8 collects sooner than it would, and what starting took and serving does not need is given back.
 * None of it is a flag on the executable's command line: under one, V8 rejects the code cache of Node's own modules, and
 * every command took 40 % longer to start.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Percent. Left to itself V8 lets garbage grow until it is more than what lives: under HTTP load 50 MB more than with this.
 * Below 60 it collects so often that it shows: at 30 a message that came over HTTP cost half as much CPU again.
 */
const GROWING_PERCENT = 80;

/** For the whole process, threads included. */
export function saveMemory(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
  setFlagsFromString('--expose-gc');
}

/** Of this thread: code that ran once, garbage of the parsers. Nothing unless memory is saved. Takes some 20 ms. */
export function giveBackMemory(): void {
  const gc: typeof globalThis.gc = runInNewContext('globalThis.gc');
  gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
