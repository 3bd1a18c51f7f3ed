/** Makes a new name durable, for files that a crash must not take. */

import { open } from 'node:fs/promises';

/** A name is on disk when its directory is. Windows has no such call; its file system logs names itself. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
