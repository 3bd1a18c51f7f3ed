/** `iep restore`: a backup becomes a data directory again. Never over one that is there. */

import { readdir, readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { counted } from '../../core/counted.ts';
import { IepError } from '../../core/errors.ts';
import { keyIdOf } from '../../core/vault.ts';
import { type DataDirectory, dataDirectory } from '../../db/datadir/data-files.ts';
import { isLocked } from '../../db/datadir/lock.ts';
import { givenKeys, MASTER_KEY_LENGTH, parseMasterKey } from '../../db/datadir/master-key.ts';
import type { Salvaged } from '../../db/verbs/file-care.ts';
import { localActor } from '../../manage/audit/audit.ts';
import { CHECKSUMS } from '../../manage/backup/checksums.ts';
import { openRestoreAside, type Restored, restoreInto, takeBackLeftovers } from '../../manage/backup/restore.ts';
import { DATABASE, type Lost, openSource } from '../../manage/backup/source.ts';
import { asCaller, enterDataDir } from '../client/enter-data-dir.ts';
import { requireLocal } from '../client/local-only.ts';
import { readConfig } from '../client/read-config.ts';
import { Complaint, Exit } from '../failure.ts';
import { fileFault, unwritable, wholePath } from '../files.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, remark } from '../output.ts';
import type { Shell } from '../shell.ts';

/** It is restored, and something of it was lost. */
const LOST = 69;
/** It is restored, and the environment gives a master key that does not open its secrets. */
const WRONG_KEY = 78;

type Target = Parameters<typeof restoreInto>[0];

export function restore(command: Command, shell: Shell): void {
  command
    .argument('<file>', 'a file that `iep backup` wrote, or a damaged data directory that was moved away')
    .option('--master-key <file>', 'the master key, where the backup does not hold it: its bytes, or base64 or hex')
    .addHelpText(
      'after',
      `
The data directory of the configuration must not exist yet, or be empty. Where root restores into one that is there, all
belongs to its owner.
What was queued when the backup was made is queued again, even if it has been sent since: look at \`iep queue\`
before \`iep serve\`, and cancel what must not go out twice.
Everything is checked on the way. What is damaged or gone is told (LOST) and left out, the rest is restored, and the
exit code is 69. Of a damaged database what can still be read comes back: rows on damaged pages are left out, and
messages whose content is lost become dead letters. Where there is another backup, restore that into another directory
and compare.
The master key comes from the backup where it is inside, from --master-key, or from IEP_MASTER_KEY. Where
that is set to a key that does not open the secrets in it, all is restored, and the exit code is 78.

Examples:
  $ IEP_DATADIR=/var/lib/iep iep restore /var/backups/iep-2027-01-31.tar
  $ iep restore /var/backups/iep-2027-01-31.tar --master-key /root/iep-master.key
  $ iep restore /var/lib/iep.damaged
`,
    )
    .action(async (name: string) => {
      const options = command.optsWithGlobals<Globals & { masterKey?: string }>();
      requireLocal(shell, options, 'restore');
      const file = wholePath(name);
      const loaded = readConfig(shell, options, { withoutSecrets: true });
      const { dataDir } = loaded.config;
      enterDataDir(shell, loaded, { purpose: 'write' });
      const exists = await requireEmpty(dataDir);
      const given = options.masterKey === undefined ? undefined : await readKeyFile(options.masterKey);
      const { blobs } = loaded.config;
      const caller = { actor: localActor(), source: 'local', asked: {} };
      const restored = await restoreFile({ caller, dataDir, exists, given, env: shell.env, blobs }, file);
      const { kind: _, ...told } = restored;
      if (options.json === true) printJson(shell, { dataDir, ...told });
      else tell(shell, dataDirectory(dataDir), restored);
      const { lost, salvaged, missingKeys } = restored;
      for (const one of lost) remark(shell, `LOST ${one.name}: ${whatOf(one)}`);
      if (lost.length > 0 || (salvaged?.incomplete.length ?? 0) > 0) throw new Exit(LOST);
      if (missingKeys.length > 0 && givenKeys(shell.env) !== undefined) throw new Exit(WRONG_KEY);
    });
}

function tell(shell: Shell, data: DataDirectory, restored: Restored): void {
  const { waiting, salvaged, checksums } = restored;
  print(shell, `${data.path} restored`);
  if (salvaged !== undefined) tellOfSalvage(shell, salvaged);
  if (checksums === false)
    remark(
      shell,
      'The backup holds no checksums, as those of older versions: its database was checked in itself alone.',
    );
  tellOfKey(shell, data, restored);
  if (waiting > 0)
    remark(
      shell,
      `${counted(waiting, 'message')} ${waiting === 1 ? 'waits in it and goes' : 'wait in it and go'} out with \`iep serve\`; see \`iep queue\`.`,
    );
}

function whatOf({ name, how }: Lost): string {
  if (name === DATABASE) return 'it is damaged; what could be read of it is there, row by row, and may have changed';
  if (name === CHECKSUMS) return 'it is damaged, so nothing says what the database was';
  const what = how === 'gone' ? 'it is not there' : 'it is damaged and was left out';
  return name.startsWith('blobs/') ? `${what}; messages that need it become dead letters` : what;
}

function tellOfSalvage(shell: Shell, { rows, incomplete, unsendable }: Salvaged): void {
  if (incomplete.length === 0) remark(shell, `All of it could be read: ${rows} rows.`);
  else remark(shell, `${rows} rows could be read; some could not, of: ${incomplete.join(', ')}.`);
  if (unsendable > 0)
    remark(shell, `Dead letters because their content is lost: ${counted(unsendable, 'message')}. See \`iep dead\`.`);
}

function tellOfKey(shell: Shell, data: DataDirectory, { masterKey, missingKeys }: Restored): void {
  const given = givenKeys(shell.env);
  if (masterKey === 'made')
    remark(
      shell,
      'No secret was sealed in it, so a new master key was made. It vouches for the audit log from here on; give the old one (--master-key) to see whether something was cut before.',
    );
  if (missingKeys.length === 0) return;
  const missing = missingKeys.join(', ');
  if (given === undefined)
    remark(
      shell,
      `The master key ${missing} is NEEDED and not here: put it into ${data.masterKey} (0600), or give it as IEP_MASTER_KEY. Without it provider passwords, webhook secrets and DKIM keys cannot be opened.`,
    );
  else
    remark(
      shell,
      `${given.source === 'environment' ? 'IEP_MASTER_KEY' : 'The credential iep-master-key'} is the key ${keyIdOf(given.keys[0])}, which does not open the secrets in this backup: they are sealed with ${missing}. Give that key in its place before \`iep serve\`. If it is lost for good, \`iep key master show\` lists what must be set anew.`,
    );
}

async function readKeyFile(file: string): Promise<Uint8Array> {
  const bytes = await asCaller(() => readFile(file)).catch((error: unknown) => {
    throw new Complaint(65, `cannot read ${file}: ${fileFault(error)}`, 'Name the file that holds the master key.');
  });
  const key = bytes.length === MASTER_KEY_LENGTH ? bytes : parseMasterKey(bytes.toString('latin1'));
  if (key !== undefined) return key;
  throw new Complaint(
    65,
    `${file} is not a master key`,
    `It must be ${MASTER_KEY_LENGTH} bytes, or those in base64 or hex.`,
  );
}

/** Whether the directory is there; refuses where it holds anything, but for what a restore left that was killed. */
async function requireEmpty(dataDir: string): Promise<boolean> {
  await takeBackLeftovers(dataDir);
  const names = await readdir(dataDir).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Complaint(65, `cannot look into ${dataDir}: ${fileFault(error)}`, 'Check its permissions.');
  });
  if (names === undefined || names.length === 0) return names !== undefined;
  if (names.includes('daemon.lock') && isLocked(dataDir)) {
    throw new IepError('daemon_running', `a daemon serves ${dataDir}; nothing was restored`);
  }
  throw new Complaint(
    65,
    `${dataDir} is not empty; nothing was restored`,
    'Move it away first, or restore into another directory: IEP_DATADIR=DIR iep restore FILE.',
  );
}

/** Whatever stops it, nothing is left next to the directory. */
async function restoreFile(target: Target, file: string): Promise<Restored> {
  await using source = await openSource(file, asCaller).catch((error: unknown) => {
    if (error instanceof IepError) throw error;
    throw new Complaint(65, `cannot read ${file}: ${fileFault(error)}`, 'Name a file that `iep backup` wrote.');
  });
  const aside = await openRestoreAside(target.dataDir, target.exists).catch((error: unknown) => {
    throw unwritable(target.dataDir, error, 'Check its permissions.');
  });
  try {
    const end = await restoreInto(target, { file, source, aside });
    if (end.kind === 'restored') return end;
    throw new Complaint(
      65,
      `the key given with --master-key is the wrong one: it is ${end.keyId}, and the secrets are sealed with ${end.needed.join(', ')}; nothing was restored`,
      'Give the right key. If it is lost: restore without --master-key, then `iep key master new`.',
    );
  } finally {
    aside.remove();
  }
}
