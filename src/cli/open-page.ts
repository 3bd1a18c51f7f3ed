/** Opens a page in the browser of who sits here, or says where it lies. */

import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asCaller } from './client/enter-data-dir.ts';

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
  linux: ['xdg-open'],
};

/** Resolves to a sentence for the person. */
export async function openPage(name: string, html: string): Promise<string> {
  const path = await asCaller(async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'iep-preview-')), name);
    await writeFile(file, html, { mode: 0o600 });
    return file;
  });
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const opened = await new Promise<boolean>((resolve) => {
    const child = spawn(command, [...args, path], { detached: true, stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('spawn', () => resolve(true));
    child.unref();
  });
  return opened ? `Opened ${path}` : `No browser opens here: the page is ${path}`;
}
