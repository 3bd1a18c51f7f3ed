/**
 * A Unix socket under its name, with its permissions, from the first moment on: it is bound in a directory that nobody else
 * may enter, and moved there when it is as it has to be.
 */

import { chmod, lstat, mkdtemp, rename, rm, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';

/** Whether somebody listens there. What a killed daemon left refuses connections. */
function isAlive(path: string): Promise<boolean> {
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

interface Closable {
  close(): Promise<unknown>;
}

/** Takes the place of the socket that a killed daemon left there, and of nothing else. Longer paths than 107 bytes fail. */
export async function bindSocket<T extends Closable>(
  { path, mode }: { readonly path: string; readonly mode: number },
  listen: (path: string) => Promise<T>,
): Promise<SocketFile<T>> {
  await refuseOther(path);
  if (await isAlive(path)) throw new Error('another daemon listens there');
  const apart = await mkdtemp(join(dirname(path), '.s-'));
  try {
    const aside = join(apart, 's');
    const listener = await listen(aside);
    try {
      await chmod(aside, mode);
      const { ino } = await lstat(aside);
      await rename(aside, path);
      return {
        listener,
        async remove() {
          const found = await lstat(path).catch(ignoreMissing);
          if (found?.ino === ino && found.isSocket()) await unlink(path);
        },
      };
    } catch (error) {
      await listener.close();
      throw error;
    }
  } finally {
    await rm(apart, { recursive: true, force: true });
  }
}

/** A file, a directory or a link was put there by somebody for something else. */
async function refuseOther(path: string): Promise<void> {
  const found = await lstat(path).catch(ignoreMissing);
  if (found === undefined || found.isSocket()) return;
  const what = found.isDirectory() ? 'a directory' : found.isSymbolicLink() ? 'a link' : 'a file';
  throw new Error(`${what} stands there, not a socket: move it away, or name another path`);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
  return undefined;
}
