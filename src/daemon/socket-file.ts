/**
 * A Unix socket under its name, with its permissions, from the first moment on: it is bound in a directory that nobody else
 * may enter, and moved to its place when it is as it has to be.
 */

import { chmod, lstat, mkdtemp, rename, rm, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';

/** Whether somebody listens there. What a killed daemon left refuses connections. */
export function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code !== 'ENOENT' && error.code !== 'ECONNREFUSED'),
    );
  });
}

export interface SocketFile<T> {
  readonly listener: T;
  /** Removes the name, unless another has taken it since. */
  remove(): Promise<void>;
}

/** Takes the place of what a killed daemon left there, which the caller has made sure of. Longer paths than 107 bytes fail. */
export async function bindSocket<T>(
  { path, mode }: { readonly path: string; readonly mode: number },
  listen: (path: string) => Promise<T>,
): Promise<SocketFile<T>> {
  const apart = await mkdtemp(join(dirname(path), '.s-'));
  try {
    const aside = join(apart, 's');
    const listener = await listen(aside);
    await chmod(aside, mode);
    const { ino } = await lstat(aside);
    await rename(aside, path);
    return {
      listener,
      async remove() {
        const found = await lstat(path).catch(() => undefined);
        if (found?.ino === ino) await unlink(path);
      },
    };
  } finally {
    await rm(apart, { recursive: true, force: true });
  }
}
