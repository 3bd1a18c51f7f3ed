/** Debian packages as parts for the proof: downloaded and unpacked below .cache, never installed, never started. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Workspace } from './workspace.ts';

const CACHE = join(import.meta.dirname, '..', '..', '.cache');

/** The directory where the package's files lie; downloaded on first use. */
export async function debianPackage(workspace: Workspace, name: string): Promise<string> {
  const target = join(CACHE, name);
  if (existsSync(target)) return target;
  mkdirSync(CACHE, { recursive: true });
  const download = mkdtempSync(join(CACHE, `${name}-`));
  try {
    // As this user, because the one that apt fetches as may not write here.
    await workspace.run('apt-get', ['-qq', '-o', 'APT::Sandbox::User=', 'download', name], { cwd: download });
    const [file] = readdirSync(download);
    if (file === undefined) throw new Error(`apt-get downloaded nothing for ${name}`);
    await workspace.run('dpkg', ['-x', join(download, file), join(download, 'tree')]);
    renameSync(join(download, 'tree'), target);
  } finally {
    rmSync(download, { recursive: true });
  }
  return target;
}
