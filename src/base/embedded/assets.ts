/**
 * Files that travel inside the executable. An asset's name is its path in the source tree, so that the same name reads
 * the file itself when running from source and the embedded copy when running as the one executable.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as sea from 'node:sea';

/** Whether this is the one executable; otherwise it is the source tree run by Node. */
export function isExecutable(): boolean {
  return sea.isSea();
}

/** Path of a file of the source tree. Meaningless inside the executable. */
export function sourcePath(name: string): string {
  return join(import.meta.dirname, '../../..', name);
}

/** Throws when the executable lacks the asset: the build forgot it, which is a fault. */
export function readAsset(name: string): Uint8Array {
  return isExecutable() ? new Uint8Array(sea.getRawAsset(name)) : readFileSync(sourcePath(name));
}

export function readTextAsset(name: string): string {
  return isExecutable() ? sea.getAsset(name, 'utf8') : readFileSync(sourcePath(name), 'utf8');
}

/** Names of the assets inside `directory` and the directories in it, sorted. */
export function listAssetsBelow(directory: string): readonly string[] {
  if (isExecutable()) {
    return sea
      .getAssetKeys()
      .filter((name) => name.startsWith(`${directory}/`))
      .sort();
  }
  return readdirSync(sourcePath(directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(sourcePath('.'), join(entry.parentPath, entry.name)))
    .sort();
}

/** Names of the assets directly inside `directory`, sorted; whole names, ready for `readAsset`. */
export function listAssets(directory: string): readonly string[] {
  const inside = (name: string) => name.startsWith(`${directory}/`) && !name.slice(directory.length + 1).includes('/');
  const names = isExecutable()
    ? sea.getAssetKeys().filter(inside)
    : readdirSync(sourcePath(directory), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => `${directory}/${entry.name}`);
  return names.sort();
}

/** Where the executable has all its assets in memory: they lie together in a part of it that is never written to. */
export function wholeOfAssets(): { readonly from: bigint; readonly to: bigint } | undefined {
  // Asked for here, not imported: on import node:ffi warns that it is experimental.
  const ffi = isExecutable() ? process.getBuiltinModule('node:ffi') : undefined;
  if (ffi === undefined) return undefined;
  let [from, to] = [2n ** 64n, 0n];
  for (const name of sea.getAssetKeys()) {
    const asset = sea.getRawAsset(name) as ArrayBuffer;
    const at = ffi.getRawPointer(asset);
    if (at < from) from = at;
    if (at + BigInt(asset.byteLength) > to) to = at + BigInt(asset.byteLength);
  }
  return { from, to };
}
