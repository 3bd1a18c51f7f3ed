/**
 * Memory of the daemon: V8 collects sooner than it would, and what starting took and serving does not need is given back.
 * None of it is a flag on the executable's command line: under one, V8 rejects the code cache of Node's own modules, and
 * every command took 40 % longer to start.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';
import { wholeOfAssets } from './assets.ts';

/**
 * Percent. Left to itself V8 lets garbage grow until it is more than what lives: under HTTP load 50 MB more than with this.
 * Below 60 it collects so often that it shows: at 30 a message that came over HTTP cost half as much CPU again.
 */
const GROWING_PERCENT = 80;

/**
 * glibc's M_MMAP_THRESHOLD (mallopt(3)): what is larger is a mapping of its own, which goes back when it is freed. glibc would
 * raise its own threshold once it has freed something large, and keep the 19 MiB of a key's hash in each thread that made one.
 */
const M_MMAP_THRESHOLD = -3;
/** Bytes. Bodies of batches stay below: a mapping for each would cost them their page faults. */
const LARGE_ALLOCATION = 8 * 1024 * 1024;
/** glibc's M_TRIM_THRESHOLD: so much may be free at the end of the heap. To set the other stops glibc from choosing this one. */
const M_TRIM_THRESHOLD = -1;

/** Bytes of bytecode; V8's own default for the largest function that it optimizes. */
const LARGEST_OPTIMIZED = 60 * 1024;

/**
 * Until memory is given back nothing is optimized: a start makes thousands of schemas, whose maker V8 would take for hot, and its
 * optimizer takes some 6 MB with the first function that it sees. Asked for before what the daemon is made of is loaded.
 */
export function startPlainly(): void {
  setFlagsFromString('--max-optimized-bytecode-size=0');
}

/** For the whole process, threads included. */
export function saveMemory(): void {
  const glibc = openGlibc();
  glibc?.mallopt(M_MMAP_THRESHOLD, LARGE_ALLOCATION);
  glibc?.mallopt(M_TRIM_THRESHOLD, LARGE_ALLOCATION);
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
  setFlagsFromString('--expose-gc');
}

/** madvise(2): pages of a file that nobody has written to are dropped, and read again when they are touched. */
const MADV_DONTNEED = 4;
/** Bytes; a multiple of every page size there is on our platforms. */
const LARGEST_PAGE = 65_536n;

/**
 * Of this thread: code that ran once, garbage of the parsers; by the main thread also what is free in the heap of C, where the
 * texts of scripts were, and the pages of the executable that they were read from. Nothing unless memory is saved. Takes some
 * 20 ms.
 */
export function giveBackMemory(): void {
  const gc: typeof globalThis.gc = runInNewContext('globalThis.gc');
  if (gc === undefined) return;
  if (isMainThread) setFlagsFromString(`--max-optimized-bytecode-size=${LARGEST_OPTIMIZED}`);
  gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  const glibc = isMainThread ? openGlibc() : undefined;
  if (glibc === undefined) return;
  glibc.malloc_trim(0n);
  const assets = wholeOfAssets();
  if (assets === undefined) return;
  const [from, to] = [(assets.from / LARGEST_PAGE + 1n) * LARGEST_PAGE, (assets.to / LARGEST_PAGE) * LARGEST_PAGE];
  if (to > from) glibc.madvise(from, to - from, MADV_DONTNEED);
}

interface Glibc {
  mallopt(what: number, value: number): number;
  /** `pad`: bytes to leave at the end of the heap. */
  malloc_trim(pad: bigint): number;
  madvise(address: bigint, length: bigint, advice: number): number;
}

/** Undefined with another C library, such as musl, which keeps little. */
function openGlibc(): Glibc | undefined {
  // Asked for here, not imported: on import node:ffi warns that it is experimental.
  const ffi = process.platform === 'linux' ? process.getBuiltinModule('node:ffi') : undefined;
  try {
    return ffi?.dlopen(null, {
      mallopt: { return: 'int32', arguments: ['int32', 'int32'] },
      malloc_trim: { return: 'int32', arguments: ['uint64'] },
      madvise: { return: 'int32', arguments: ['uint64', 'uint64', 'int32'] },
    }).functions;
  } catch {
    return undefined;
  }
}
