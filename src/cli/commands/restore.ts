/** `iep restore`: a backup becomes a data directory again. Never over one that is there. */

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Command } from 'commander';
import { blobPath } from '../../blobs/blobs.ts';
import type { Environment } from '../../config/environment.ts';
import type { Config } from '../../config/schema.ts';
import { AUDIT_PURPOSE } from '../../core/audit-entry.ts';
import { systemClock } from '../../core/clock.ts';
import { counted } from '../../core/counted.ts';
import { IepError } from '../../core/errors.ts';
import { createVault, keyIdOf, type MasterKeys, sealedBy } from '../../core/vault.ts';
import { type DataDirectory, dataDirectory } from '../../db/datadir/data-files.ts';
import { fileKeys, givenKeys, MASTER_KEY_LENGTH, makeMasterKey, parseMasterKey } from '../../db/datadir/master-key.ts';
import { type Aside, leftoversIn, openAside, syncPath } from '../../db/sqlite/aside.ts';
import { isLocked } from '../../db/sqlite/lock.ts';
import { openSqliteStore } from '../../db/sqlite/open.ts';
import type { Salvaged } from '../../db/sqlite/salvage.ts';
import type { Store } from '../../db/verbs/store.ts';
import { createAudit, localActor } from '../../manage/audit/audit.ts';
import { CHECKSUMS } from '../../manage/backup/checksums.ts';
import { allNamedBlobs } from '../../manage/backup/named-blobs.ts';
import { asCaller, enterDataDir } from '../client/enter-data-dir.ts';
import { requireLocal } from '../client/local-only.ts';
import { readConfig } from '../client/read-config.ts';
import { Complaint, Exit } from '../failure.ts';
import { fileFault, unwritable, wholePath } from '../files.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, remark } from '../output.ts';
import { DATABASE, type Lost, openSource, type Unpacked } from '../restore-source.ts';
import type { Shell } from '../shell.ts';

/** In the names of folders that a restore unpacks into. */
const ASIDE = 'restoring';
/** Lists what was about to be moved into place. */
const MOVED = 'moved.json';
/** It is restored, and something of it was lost. */
const LOST = 69;
/** It is restored, and the environment gives a master key that does not open its secrets. */
const WRONG_KEY = 78;

interface Restored extends Unpacked {
  readonly waiting: number;
  /** Where the master key comes from now: the backup, the option, the environment; `made`, as nothing was sealed. */
  readonly masterKey: 'inside' | 'given' | 'environment' | 'made' | 'missing';
  /** Ids of keys that secrets in it need and that are not here. */
  readonly missingKeys: readonly string[];
}

/** What the call and the configuration say. */
interface Given {
  readonly given: Uint8Array | undefined;
  readonly env: Environment;
  readonly blobs: Config['blobs'];
}

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
      const restored = await restoreInto({ dataDir, exists, given, env: shell.env, blobs }, file);
      if (options.json === true) printJson(shell, { dataDir, ...restored });
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
  if (existsSync(dataDir)) for (const leftover of leftoversIn(dataDir, ASIDE)) await takeBack(leftover, dataDir);
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

/**
 * Unpacks aside, checks what came out, and moves it into place last. A directory that is there may be a mount, which
 * cannot be replaced: then aside is inside it.
 */
async function restoreInto(
  target: Given & { readonly dataDir: string; readonly exists: boolean },
  file: string,
): Promise<Restored> {
  const { dataDir, exists } = target;
  await using source = await openSource(file);
  const aside = await makeAside(dataDir, exists);
  try {
    const unpacked = join(aside.path, 'data');
    await mkdir(unpacked, { mode: 0o700 });
    const found = await source.unpack(unpacked);
    const restored = await check(dataDirectory(unpacked), { ...target, file, found });
    await syncTree(unpacked);
    if (exists) await moveUp(aside, unpacked, dataDir);
    else {
      await rename(unpacked, dataDir);
      syncPath(dirname(dataDir));
    }
    return restored;
  } finally {
    aside.remove();
  }
}

async function makeAside(dataDir: string, exists: boolean): Promise<Aside> {
  try {
    if (exists) return openAside(dataDir, ASIDE);
    await mkdir(dirname(dataDir), { recursive: true });
    return openAside(dirname(dataDir), `${basename(dataDir)}.${ASIDE}`);
  } catch (error) {
    throw unwritable(dataDir, error, 'Check its permissions.');
  }
}

/** The database last: while it is missing, nothing takes the directory for a store. */
async function moveUp(aside: Aside, from: string, to: string): Promise<void> {
  const names = (await readdir(from)).filter((name) => name !== DATABASE);
  const list = join(aside.path, MOVED);
  await writeFile(list, JSON.stringify(names), { flag: 'wx', flush: true });
  syncPath(aside.path);
  for (const name of names) await rename(join(from, name), join(to, name));
  syncPath(to);
  await rename(join(from, DATABASE), join(to, DATABASE));
  syncPath(to);
}

/** What a restore had moved into place when it was killed. With the database it was whole. */
async function takeBack(leftover: Aside, dataDir: string): Promise<void> {
  const list = join(leftover.path, MOVED);
  if (existsSync(list) && !existsSync(join(dataDir, DATABASE))) {
    const names = JSON.parse(await readFile(list, 'utf8')) as string[];
    for (const name of names.map((one) => basename(one)))
      await rm(join(dataDir, name), { recursive: true, force: true });
  }
  leftover.remove();
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    syncPath(join(entry.parentPath, entry.name));
  }
  syncPath(folder);
}

/** Opens what was restored, which also brings an older schema up to date, and sees to its master key. */
async function check(
  data: DataDirectory,
  from: Given & { readonly file: string; readonly found: Unpacked },
): Promise<Restored> {
  const { found } = from;
  const store = await openSqliteStore({ file: data.database, threads: false, migrates: true });
  try {
    const problems = found.salvaged === undefined ? [] : await store.integrity();
    if (problems.length > 0) throw new IepError('invalid_request', `the backup is damaged: ${problems[0]}`);
    const lost = [...found.lost, ...(await goneFrom(data, store, from))];
    const { rows } = await store.queue({ now: 0 });
    const waiting = rows.reduce((sum, row) => sum + row.waiting, 0);
    const needed = new Set((await store.sealedTexts()).map(({ sealed }) => sealedBy(sealed) ?? ''));
    const masterKey = await putKey(data, { ...from, needed });
    const keys = [...(givenKeys(from.env)?.keys ?? []), ...fileKeys(data)];
    const here = new Set(keys.map(keyIdOf));
    const missingKeys = [...needed].filter((keyId) => !here.has(keyId));
    const [first, ...others] = keys;
    // A wrong key would break the audit log.
    if (first !== undefined && (needed.size === 0 || missingKeys.length < needed.size))
      await recordRestore(store, [first, ...others], { ...from, masterKey, lost });
    return { ...found, lost, waiting, masterKey, missingKeys };
  } finally {
    await store.close();
  }
}

/** What messages name and is nowhere among the blobs, but for what is known to be lost. */
async function goneFrom(
  data: DataDirectory,
  store: Store,
  { blobs, found }: Pick<Given, 'blobs'> & { readonly found: Unpacked },
): Promise<readonly Lost[]> {
  if (blobs.type !== 'filesystem') return [];
  const known = new Set(found.lost.map(({ name }) => basename(name)));
  const gone: Lost[] = [];
  for await (const blob of allNamedBlobs(store)) {
    const path = blobPath(blob);
    const isHere = existsSync(join(data.blobs, path)) || existsSync(join(data.blobs, 'aside', path));
    if (!isHere && !known.has(blob)) gone.push({ name: `blobs/${path}`, how: 'gone' });
  }
  return gone;
}

/** A key is made only where no secret waits for another. */
async function putKey(
  data: DataDirectory,
  { given, env, needed }: { given: Uint8Array | undefined; env: Environment; needed: ReadonlySet<string> },
): Promise<Restored['masterKey']> {
  if (fileKeys(data).length > 0) return 'inside';
  if (given !== undefined) {
    refuseWrongKey(keyIdOf(given), needed);
    makeMasterKey(data.masterKey, given);
    return 'given';
  }
  if (givenKeys(env) !== undefined) return 'environment';
  if (needed.size > 0) return 'missing';
  makeMasterKey(data.masterKey);
  return 'made';
}

/** Installed, a key that opens none of the secrets would stand where the right one belongs. */
function refuseWrongKey(keyId: string, needed: ReadonlySet<string>): void {
  if (needed.size === 0 || needed.has(keyId)) return;
  throw new Complaint(
    65,
    `the key given with --master-key is the wrong one: it is ${keyId}, and the secrets are sealed with ${[...needed].join(', ')}; nothing was restored`,
    'Give the right key. If it is lost: restore without --master-key, then `iep key master new`.',
  );
}

/** A key that was made here goes on with a log that another vouched for, and the entry says so. Any other must be the right one. */
async function recordRestore(
  store: Store,
  keys: MasterKeys,
  { file, masterKey, lost }: Pick<Restored, 'masterKey' | 'lost'> & { readonly file: string },
): Promise<void> {
  const vault = createVault(keys);
  const lostKeyId = masterKey === 'made' ? (await store.auditHead())?.keyId : undefined;
  if (lostKeyId !== undefined) await store.adoptAuditEnd(vault.derive(AUDIT_PURPOSE)[0]);
  const audit = createAudit({ store, vault, clock: systemClock });
  await audit.record({
    actor: localActor(),
    source: 'local',
    action: 'restore',
    outcome: 'done',
    target: file,
    changes: {
      keyFrom: masterKey,
      ...(lostKeyId !== undefined && { lostKeyId }),
      ...(lost.length > 0 && { lost: lost.length }),
    },
  });
}
