/** Blobs that are opened when the first one is asked for: most commands need none, and a script waits for their loading. */

import { Readable } from 'node:stream';
import type { Blobs } from './blobs.ts';

export function createLazyBlobs(open: () => Promise<Blobs>): Blobs {
  let opened: Promise<Blobs> | undefined;
  const blobs = () => {
    opened ??= open();
    return opened;
  };
  return {
    create: async () => (await blobs()).create(),
    put: async (bytes) => (await blobs()).put(bytes),
    read: async (blob) => (await blobs()).read(blob),
    stream: (blob) => Readable.from(chunksOf(blobs(), blob), { objectMode: false }),
    async *list() {
      yield* (await blobs()).list();
    },
    setAside: async (blob) => (await blobs()).setAside(blob),
    bringBack: async (blob) => (await blobs()).bringBack(blob),
    remove: async (blob) => (await blobs()).remove(blob),
  };
}

async function* chunksOf(blobs: Promise<Blobs>, blob: string): AsyncGenerator<Uint8Array> {
  yield* (await blobs).stream(blob);
}
