/**
 * The native half of better-sqlite3, for its `nativeBinding` option. Every thread must load it from the same file:
 * two copies of SQLite in one process can lose each other's locks (sqlite.org/howtocorrupt.html §2.2.1).
 */

import { writeSync } from 'node:fs';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { cacheFile } from './addon-cache.ts';
import { isExecutable, readAsset, sourcePath } from './assets.ts';

/** Asset name of the addon for the platform that the executable was built for. */
export const addonAsset = 'better_sqlite3.node';

/** memfd_create(2): children do not inherit the descriptor. */
const MFD_CLOEXEC = 1;

/** Key in the environment data, which worker threads inherit when they start. */
const PATH_KEY = 'iep.sqliteAddon';

/** The addon's exports. Only better-sqlite3 knows what is inside. */
export function loadSqliteAddon(): object {
  return load(settleSqliteAddon());
}

/** Decides which file all threads load it from, once a process; the first caller's thread hands it to its workers. */
export function settleSqliteAddon(): string {
  const known = getEnvironmentData(PATH_KEY);
  if (typeof known === 'string') return known;
  const path = isExecutable() ? extract(readAsset(addonAsset)) : sourcePath(prebuild(process.platform, process.arch));
  setEnvironmentData(PATH_KEY, path);
  return path;
}

function load(path: string): object {
  const addon = { exports: {} };
  process.dlopen(addon, path);
  return addon.exports;
}

/** Where the package keeps the addon of a platform, in the source tree. Our Linux Node is linked against glibc. */
export function prebuild(platform: string, arch: string): string {
  return `node_modules/better-sqlite3/prebuilds/${platform}-${arch}.node`;
}

function extract(bytes: Uint8Array): string {
  const path = inMemory(bytes);
  if (path === undefined) return cacheFile(bytes);
  try {
    load(path);
    return path;
  } catch {
    // No /proc, or a policy that forbids running code from memory. A file may still do; if not, that says why.
    return cacheFile(bytes);
  }
}

/**
 * A file that exists only in memory: nothing to clean up, nothing to tamper with, and no directory needed that is
 * writable and allows execution. Its descriptor stays open for the workers. Undefined where the system has no such.
 */
function inMemory(bytes: Uint8Array): string | undefined {
  // Asked for here, not imported: on import node:ffi warns that it is experimental.
  const ffi = process.platform === 'linux' ? process.getBuiltinModule('node:ffi') : undefined;
  if (ffi === undefined) return undefined;
  const { functions } = ffi.dlopen(null, { memfd_create: { return: 'int32', arguments: ['string', 'uint32'] } });
  const fd = functions.memfd_create('better_sqlite3', MFD_CLOEXEC);
  if (fd < 0) return undefined;
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  return `/proc/self/fd/${fd}`;
}
