/**
 * A descriptor of the process as a channel. What may stall (a pipe, a socket, a terminal) is written without blocking, from
 * the main thread; a file is written in the thread pool, because a disk may be slow. A blocking write to a pipe would hold
 * a thread, and with it the end of the process, for as long as nobody reads.
 */

import { constants, fstatSync, openSync, writeSync, write as writeWithCallback } from 'node:fs';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import type { Channel } from './output.ts';

const write = promisify(writeWithCallback);

/** The channel of standard output. */
export function openStandardOutput(): Channel {
  const fd = isatty(1) ? openTerminal() : openPipe();
  return fd === undefined ? blocking(1) : withoutBlocking(fd);
}

/** Anew, because the flag of a descriptor that is shared with a shell is the shell's too. Undefined where that is not possible. */
function openTerminal(): number | undefined {
  const { O_WRONLY, O_NOCTTY, O_NONBLOCK } = constants;
  try {
    return openSync('/proc/self/fd/1', O_WRONLY | O_NOCTTY | O_NONBLOCK);
  } catch {
    // No Linux, or a terminal of another user: written in the thread pool.
    return undefined;
  }
}

function openPipe(): number | undefined {
  const stat = fstatSync(1);
  if (!stat.isFIFO() && !stat.isSocket()) return undefined;
  // Node makes the descriptor of a pipe or socket one that does not block, and undoes that at its end.
  void process.stdout;
  return 1;
}

function withoutBlocking(fd: number): Channel {
  const writeNow = (bytes: Buffer): number => {
    try {
      return writeSync(fd, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      throw error;
    }
  };
  return { write: async (bytes) => writeNow(bytes), writeNow };
}

function blocking(fd: number): Channel {
  return {
    write: async (bytes) => (await write(fd, bytes)).bytesWritten,
    writeNow: (bytes) => writeSync(fd, bytes),
  };
}
