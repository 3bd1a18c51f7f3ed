/** `iep backup`: the database and its large bodies in one file, while work goes on; the master key only where it is asked for. */

import { existsSync } from 'node:fs';
import { type FileHandle, open, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { localActor } from '../../audit/audit.ts';
import type { Local } from '../../daemon/local.ts';
import { type Aside, openAside, publish } from '../../db/sqlite/aside.ts';
import { writeEnd, writeEntry } from '../archive.ts';
import { archiveBlob, blobNames } from '../archive-blob.ts';
import { asCaller } from '../enter-place.ts';
import { Complaint } from '../failure.ts';
import { fileFault } from '../files.ts';
import type { Globals } from '../globals.ts';
import { requireLocal } from '../local-only.ts';
import { openStore, readStoreConfig } from '../local-store.ts';
import { print, printJson, remark } from '../output.ts';
import type { Shell } from '../shell.ts';

export function backup(command: Command, shell: Shell): void {
  command
    .argument('<file>', 'file to write, which must not exist')
    .option('--with-master-key', 'put the master key in: whoever has the file can then read the secrets in it')
    .addHelpText(
      'after',
      `
The file is a tar archive. It holds all mail: keep it as you keep that. Provider passwords, webhook secrets and DKIM
keys in it are sealed; they open with the master key, which is not inside unless --with-master-key puts it there. Keep
the key elsewhere: without it they are lost.

Examples:
  $ iep backup /var/backups/iep-$(date +%F).tar
  $ iep backup --with-master-key /root/iep-whole.tar
`,
    )
    .action(async (file: string) => {
      const options = command.optsWithGlobals<Globals & { withMasterKey?: true }>();
      requireLocal(shell, options, 'backup');
      const withKey = options.withMasterKey === true;
      const local = await openStore(shell, readStoreConfig(shell, options), { purpose: 'read' });
      try {
        const bytes = await writeBackup(resolve(file), local, withKey);
        const { keyId } = local.vault;
        const masterKey = { inside: withKey, keyId };
        await local.audit.record({
          actor: localActor(),
          source: 'local',
          action: 'backup',
          outcome: 'done',
          target: resolve(file),
          changes: { masterKeyInside: withKey, keyId },
        });
        if (options.json === true) return printJson(shell, { file: resolve(file), bytes, masterKey });
        print(shell, `${resolve(file)}  ${bytes} bytes`);
        remark(
          shell,
          withKey
            ? `The master key ${keyId} is inside: whoever has the file can read every secret in it.`
            : `The master key ${keyId} is not inside. Keep it elsewhere: without it the secrets in the backup are lost.`,
        );
        const { blobs } = local.config;
        if (blobs.type === 's3') remark(shell, `Large content is in the bucket ${blobs.bucket}, not in this file.`);
      } finally {
        await local.close();
      }
    });
}

/** Written aside, and given its name when it is whole; never over a file that is there. */
async function writeBackup(file: string, { data, store, masterKeys }: Local, withKey: boolean): Promise<number> {
  const aside = await asCaller(async () => makeAside(file));
  try {
    const whole = join(aside.path, 'archive');
    const archive = await asCaller(() => open(whole, 'wx', 0o600));
    try {
      const keys = withKey ? masterKeys.keys() : [];
      // The database first: every blob that it names is in its place by then.
      await asCaller(async () => {
        const snapshot = join(aside.path, 'iep.db');
        await store.backup(snapshot);
        await writeKeys(archive, aside.path, keys);
        await writeEntry(archive, 'iep.db', snapshot);
      });
      for (const blob of await blobNames(data.blobs)) await archiveBlob(archive, data.blobs, blob);
      await writeEnd(archive);
    } finally {
      await archive.close();
    }
    return await asCaller(async () => {
      if (!publish(whole, file)) throw cannotWrite(file, 'it exists already');
      return (await stat(file)).size;
    });
  } finally {
    await asCaller(async () => aside.remove());
  }
}

function makeAside(file: string): Aside {
  if (existsSync(file)) throw cannotWrite(file, 'it exists already');
  try {
    return openAside(dirname(file), 'iep-backup');
  } catch (error) {
    throw cannotWrite(file, fileFault(error));
  }
}

/** Wherever they come from, they are files where they are restored. */
async function writeKeys(archive: FileHandle, folder: string, keys: readonly Uint8Array[]): Promise<void> {
  for (const [at, name] of ['master.key', 'master.key.previous'].entries()) {
    const key = keys[at];
    if (key === undefined) continue;
    const file = join(folder, name);
    await writeFile(file, key, { flag: 'wx', mode: 0o600 });
    await writeEntry(archive, name, file);
  }
}

function cannotWrite(file: string, why: string): Complaint {
  return new Complaint(65, `cannot write ${file}: ${why}`, 'Name a file that does not exist yet.');
}
