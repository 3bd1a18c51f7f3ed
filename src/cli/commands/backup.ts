/** `iep backup`: the database and its large bodies in one file, while work goes on; the master key only where it is asked for. */

import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import type { Local } from '../../daemon/local.ts';
import { type Aside, openAside } from '../../db/datadir/aside.ts';
import { localActor } from '../../manage/audit/audit.ts';
import { type BackupEnd, writeBackup } from '../../manage/backup/write.ts';
import { asCaller } from '../client/enter-data-dir.ts';
import { requireLocal } from '../client/local-only.ts';
import { openLocalStore } from '../client/local-store.ts';
import { readStoreConfig } from '../client/read-config.ts';
import { Complaint, Exit } from '../failure.ts';
import { unwritable, wholePath } from '../files.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, remark } from '../output.ts';
import type { Shell } from '../shell.ts';

/** The backup is there, and something was lost before it was made. */
const LOST = 69;

interface Written {
  readonly file: string;
  readonly bytes: number;
  readonly masterKey: { readonly inside: boolean; readonly keyId: string };
}

export function backup(command: Command, shell: Shell): void {
  command
    .argument('<file>', 'file to write, which must not exist')
    .option('--with-master-key', 'put the master key in: everybody who has the file can then read the secrets in it')
    .addHelpText(
      'after',
      `
The file is a tar archive. It holds all mail: keep it as you keep that. Provider passwords, webhook secrets and DKIM
keys in it are sealed; they open with the master key, which is not inside unless --with-master-key puts it there. Keep
the key elsewhere: without it they are lost.

The copy is made in small steps, which hold up no mail, and takes twice the size of the database while it is made; where
there is less room, nothing is written and the exit code is 75.
Every blob is checked as it is copied. One that is damaged or gone is told, and the exit code is 69; the rest is saved.
SHA256SUMS in the archive holds the checksums of the rest; the name of a blob is its own.

Examples:
  $ iep backup /var/backups/iep-$(date +%F).tar
  $ iep backup --with-master-key /root/iep-whole.tar
`,
    )
    .action(async (name: string) => {
      const options = command.optsWithGlobals<Globals & { withMasterKey?: true }>();
      requireLocal(shell, options, 'backup');
      const file = wholePath(name);
      const withKey = options.withMasterKey === true;
      const local = await openLocalStore(shell, readStoreConfig(shell, options), { purpose: 'read' });
      try {
        const { bytes, lost } = await write(file, local, withKey);
        const masterKey = { inside: withKey, keyId: local.vault.keyId };
        if (options.json === true) printJson(shell, { file, bytes, masterKey, lost });
        else tell(shell, { file, bytes, masterKey });
        for (const { blob, how } of lost)
          remark(shell, `The blob ${blob} is ${how}: messages that need it cannot be sent.`);
        const { blobs } = local.config;
        if (blobs.type === 's3') remark(shell, `Large content is in the bucket ${blobs.bucket}, not in this file.`);
        if (lost.length > 0) throw new Exit(LOST);
      } finally {
        await local.close();
      }
    });
}

function tell(shell: Shell, { file, bytes, masterKey }: Written): void {
  const { inside, keyId } = masterKey;
  print(shell, `${file}  ${bytes} bytes`);
  remark(
    shell,
    inside
      ? `The master key ${keyId} is inside: everybody who has the file can read every secret in it.`
      : `The master key ${keyId} is not inside. Keep it elsewhere: without it the secrets in the backup are lost.`,
  );
}

async function write(file: string, local: Local, withKey: boolean): Promise<Extract<BackupEnd, { kind: 'written' }>> {
  const { config, masterKeys, vault } = local;
  const aside = await asCaller(async () => makeAside(file));
  try {
    const written = await writeBackup(
      { ...local, hasBlobs: config.blobs.type === 'filesystem', asCaller },
      { actor: localActor(), source: 'local', asked: {} },
      { file, aside, keys: withKey ? masterKeys.keys() : [], keyId: vault.keyId },
    );
    if (written.kind === 'exists') throw cannotWrite(file, 'it exists already');
    if (written.kind === 'no_room') throw noRoom(file, written);
    return written;
  } finally {
    await asCaller(async () => aside.remove());
  }
}

function makeAside(file: string): Aside {
  if (existsSync(file)) throw cannotWrite(file, 'it exists already');
  try {
    return openAside(dirname(file), 'iep-backup');
  } catch (error) {
    throw unwritable(file, error, 'Name a file that does not exist yet.');
  }
}

function noRoom(file: string, { needed, free }: { readonly needed: number; readonly free: number }): Complaint {
  const mib = (bytes: number) => `${Math.ceil(bytes / (1024 * 1024))} MiB`;
  return new Complaint(
    75,
    `not enough room for ${file}: the backup takes ${mib(needed)} while it is made, and ${mib(free)} are free`,
    'Make room, or write it to another disk. Nothing was written.',
  );
}

function cannotWrite(file: string, why: string): Complaint {
  return new Complaint(65, `cannot write ${file}: ${why}`, 'Name a file that does not exist yet.');
}
