/** `iep backup`: the database, its large bodies and the master key in one file, while work goes on. */

import { link, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { type DataDirectory, dataDirectory } from '../../daemon/data-directory.ts';
import type { Store } from '../../db/store.ts';
import { writeEnd, writeEntry } from '../archive.ts';
import { Complaint } from '../failure.ts';
import { fileFault } from '../files.ts';
import type { Globals } from '../globals.ts';
import { requireLocal } from '../local-only.ts';
import { openExistingStore } from '../local-store.ts';
import { print, printJson, remark } from '../output.ts';
import type { Shell } from '../shell.ts';

export function backup(command: Command, shell: Shell): void {
  command
    .argument('<file>', 'file to write, which must not exist')
    .addHelpText(
      'after',
      `
The file is a tar archive. It holds all mail and the master key: keep it as you keep them.

Example:
  $ iep backup /var/backups/iep-$(date +%F).tar
`,
    )
    .action(async (file: string) => {
      const options = command.optsWithGlobals<Globals>();
      requireLocal(shell, options, 'backup');
      const local = await openExistingStore(shell, options);
      try {
        const bytes = await writeBackup(resolve(file), dataDirectory(local.config.dataDir), local.store);
        if (options.json === true) printJson(shell, { file: resolve(file), bytes });
        else print(shell, `${resolve(file)}  ${bytes} bytes`);
        const { blobs } = local.config;
        if (blobs.type === 's3') remark(shell, `Large content is in the bucket ${blobs.bucket}, not in this file.`);
      } finally {
        await local.close();
      }
    });
}

/** Written aside, synced, and given its name when it is whole; never over a file that is there. */
async function writeBackup(file: string, data: DataDirectory, store: Pick<Store, 'backup'>): Promise<number> {
  const folder = await mkdtemp(join(dirname(file), '.iep-backup-')).catch((error: unknown) => {
    throw cannotWrite(file, error);
  });
  try {
    const aside = join(folder, 'archive');
    const archive = await open(aside, 'wx', 0o600);
    try {
      // The database first: every blob that it names is in its place by then.
      const snapshot = join(folder, 'iep.db');
      await store.backup(snapshot);
      await writeEntry(archive, 'master.key', data.masterKey);
      await writeEntry(archive, 'iep.db', snapshot);
      for (const blob of await filesBelow(data.blobs)) {
        await writeEntry(archive, join('blobs', relative(data.blobs, blob)), blob);
      }
      await writeEnd(archive);
      await archive.sync();
    } finally {
      await archive.close();
    }
    await link(aside, file).catch((error: unknown) => {
      throw cannotWrite(file, error);
    });
    return (await stat(file)).size;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Whole blobs; what is still being written lies in `tmp`. */
async function filesBelow(blobs: string): Promise<string[]> {
  const entries = await readdir(blobs, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isFile() && /^[0-9a-f]{64}$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function cannotWrite(file: string, error: unknown): Complaint {
  return new Complaint(65, `cannot write ${file}: ${fileFault(error)}`, 'Name a file that does not exist yet.');
}
