/** `iep backup`: the database and its large bodies in one file, while work goes on; the master key only where it is asked for. */

import { existsSync } from 'node:fs';
import { type FileHandle, open, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { blobPath } from '../../blobs/blobs.ts';
import type { Local } from '../../daemon/local.ts';
import { type Aside, openAside, publish } from '../../db/sqlite/aside.ts';
import { openSqliteStore } from '../../db/sqlite/open.ts';
import { localActor } from '../../manage/audit/audit.ts';
import { writeEnd, writeEntry } from '../../manage/backup/archive.ts';
import { archiveBlob, blobNames } from '../../manage/backup/archive-blob.ts';
import { CHECKSUMS, checksumsText } from '../../manage/backup/checksums.ts';
import { allNamedBlobs } from '../../manage/backup/named-blobs.ts';
import { asCaller } from '../client/enter-data-dir.ts';
import { requireLocal } from '../client/local-only.ts';
import { openStore } from '../client/local-store.ts';
import { readStoreConfig } from '../client/read-config.ts';
import { Complaint, Exit } from '../failure.ts';
import { unwritable, wholePath } from '../files.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, remark } from '../output.ts';
import type { Shell } from '../shell.ts';

/** The backup is there, and something was lost before it was made. */
const LOST = 69;

interface Lost {
  readonly blob: string;
  readonly how: 'gone' | 'damaged';
}

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
      const local = await openStore(shell, readStoreConfig(shell, options), { purpose: 'read' });
      try {
        const { bytes, lost } = await writeBackup(file, local, withKey);
        const { keyId } = local.vault;
        const masterKey = { inside: withKey, keyId };
        await local.audit.record({
          actor: localActor(),
          source: 'local',
          action: 'backup',
          outcome: 'done',
          target: file,
          changes: { masterKeyInside: withKey, keyId, ...(lost.length > 0 && { lost: lost.length }) },
        });
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

/** Written aside, and given its name when it is whole; never over a file that is there. */
async function writeBackup(
  file: string,
  { config, data, store, masterKeys }: Local,
  withKey: boolean,
): Promise<{ readonly bytes: number; readonly lost: readonly Lost[] }> {
  const aside = await asCaller(async () => makeAside(file));
  try {
    await asCaller(() => requireRoom(file, { database: data.database, blobs: data.blobs }));
    const whole = join(aside.path, 'archive');
    const lost: Lost[] = [];
    const archive = await asCaller(() => open(whole, 'wx', 0o600));
    try {
      const keys = withKey ? masterKeys.keys() : [];
      // The database first: every blob that it names is in its place by then.
      const snapshot = join(aside.path, 'iep.db');
      await asCaller(async () => {
        await store.backup(snapshot);
        const sums = await writeKeys(archive, aside.path, keys);
        sums.set('iep.db', await writeEntry(archive, 'iep.db', snapshot));
        const list = join(aside.path, CHECKSUMS);
        await writeFile(list, checksumsText(sums), { flag: 'wx', mode: 0o600 });
        await writeEntry(archive, CHECKSUMS, list);
      });
      const here = new Set(await blobNames(data.blobs));
      for (const blob of here) {
        const how = await archiveBlob(archive, data.blobs, blob);
        if (how === 'damaged') lost.push({ blob, how });
        if (how === 'absent') here.delete(blob);
      }
      await writeEnd(archive);
      if (config.blobs.type === 'filesystem') {
        const named = await asCaller(() => namedIn(snapshot));
        lost.push(...named.filter((blob) => !here.has(blob)).map((blob) => ({ blob, how: 'gone' as const })));
      }
    } finally {
      await archive.close();
    }
    return await asCaller(async () => {
      if (!publish(whole, file)) throw cannotWrite(file, 'it exists already');
      return { bytes: (await stat(file)).size, lost };
    });
  } finally {
    await asCaller(async () => aside.remove());
  }
}

/** Of the copy: what was accepted since may name blobs that are in no backup yet. */
async function namedIn(snapshot: string): Promise<readonly string[]> {
  const store = await openSqliteStore({ file: snapshot, threads: false, readonly: true });
  try {
    return await Array.fromAsync(allNamedBlobs(store));
  } finally {
    await store.close();
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

/** The copy of the database and the archive that it goes into are there at the same time. */
async function requireRoom(file: string, of: { readonly database: string; readonly blobs: string }): Promise<void> {
  const database = (await stat(of.database)).size;
  let needed = 2 * database;
  for (const blob of await blobNames(of.blobs)) {
    const found = await stat(join(of.blobs, blobPath(blob))).catch(() => undefined);
    needed += found?.size ?? 0;
  }
  const { bavail, bsize } = await statfs(dirname(file));
  if (needed <= bavail * bsize) return;
  const mib = (bytes: number) => `${Math.ceil(bytes / (1024 * 1024))} MiB`;
  throw new Complaint(
    75,
    `not enough room for ${file}: the backup takes ${mib(needed)} while it is made, and ${mib(bavail * bsize)} are free`,
    'Make room, or write it to another disk. Nothing was written.',
  );
}

/** Wherever they come from, they are files where they are restored. Gives the checksum of each. */
async function writeKeys(
  archive: FileHandle,
  folder: string,
  keys: readonly Uint8Array[],
): Promise<Map<string, string>> {
  const sums = new Map<string, string>();
  for (const [at, name] of ['master.key', 'master.key.previous'].entries()) {
    const key = keys[at];
    if (key === undefined) continue;
    const file = join(folder, name);
    await writeFile(file, key, { flag: 'wx', mode: 0o600 });
    sums.set(name, await writeEntry(archive, name, file));
  }
  return sums;
}

function cannotWrite(file: string, why: string): Complaint {
  return new Complaint(65, `cannot write ${file}: ${why}`, 'Name a file that does not exist yet.');
}
