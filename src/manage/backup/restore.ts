/** A backup becomes a data directory: unpacked, checked, given its master key, and moved into place last. */

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { blobPath } from '../../blobs/blobs.ts';
import type { Environment } from '../../config/environment.ts';
import type { Config } from '../../config/schema.ts';
import { AUDIT_PURPOSE } from '../../core/audit-entry.ts';
import { systemClock } from '../../core/clock.ts';
import { IepError } from '../../core/errors.ts';
import { createVault, keyIdOf, type MasterKeys, sealedBy } from '../../core/vault.ts';
import { type Aside, leftoversIn, openAside, syncPath } from '../../db/datadir/aside.ts';
import { type DataDirectory, dataDirectory } from '../../db/datadir/data-files.ts';
import { fileKeys, givenKeys, makeMasterKey } from '../../db/datadir/master-key.ts';
import { openStore } from '../../db/open.ts';
import { sealedTexts } from '../../db/verbs/sealed-texts.ts';
import type { Store } from '../../db/verbs/store.ts';
import { createAudit } from '../audit/audit.ts';
import type { Caller } from '../audit/caller.ts';
import { allNamedBlobs } from './named-blobs.ts';
import { type BackupSource, DATABASE, type Lost, type Unpacked } from './source.ts';

/** In the names of folders that a restore unpacks into. */
const ASIDE = 'restoring';
/** Lists what was about to be moved into place. */
const MOVED = 'moved.json';

export interface Restored extends Unpacked {
  readonly kind: 'restored';
  readonly waiting: number;
  /** Where the master key comes from now: the backup, the option, the environment; `made`, as nothing was sealed. */
  readonly masterKey: 'inside' | 'given' | 'environment' | 'made' | 'missing';
  /** Ids of keys that secrets in it need and that are not here. */
  readonly missingKeys: readonly string[];
}

/** The key that was given opens none of the secrets: installed, it would stand where the right one belongs. Nothing was restored. */
export interface WrongKey {
  readonly kind: 'wrong_key';
  readonly keyId: string;
  /** Ids of the keys that the secrets are sealed with. */
  readonly needed: readonly string[];
}

/** What the call and the configuration say. */
interface Given {
  readonly caller: Caller;
  readonly given: Uint8Array | undefined;
  readonly env: Environment;
  readonly blobs: Config['blobs'];
}

/**
 * Unpacks aside, checks what came out, and moves it into place last. A directory that is there may be a mount, which
 * cannot be replaced: then aside is inside it.
 */
export async function restoreInto(
  target: Given & { readonly dataDir: string; readonly exists: boolean },
  { file, source, aside }: { readonly file: string; readonly source: BackupSource; readonly aside: Aside },
): Promise<Restored | WrongKey> {
  const { dataDir, exists } = target;
  const unpacked = join(aside.path, 'data');
  await mkdir(unpacked, { mode: 0o700 });
  const found = await source.unpack(unpacked);
  const restored = await check(dataDirectory(unpacked), { ...target, file, found });
  if (restored.kind === 'wrong_key') return restored;
  await syncTree(unpacked);
  if (exists) await moveUp(aside, unpacked, dataDir);
  else {
    await rename(unpacked, dataDir);
    syncPath(dirname(dataDir));
  }
  return restored;
}

/** A folder next to what is restored; inside it where it is there. */
export async function openRestoreAside(dataDir: string, exists: boolean): Promise<Aside> {
  if (exists) return openAside(dataDir, ASIDE);
  await mkdir(dirname(dataDir), { recursive: true });
  return openAside(dirname(dataDir), `${basename(dataDir)}.${ASIDE}`);
}

/** Takes away what restores left in the directory that were killed. */
export async function takeBackLeftovers(dataDir: string): Promise<void> {
  if (existsSync(dataDir)) for (const leftover of leftoversIn(dataDir, ASIDE)) await takeBack(leftover, dataDir);
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
): Promise<Restored | WrongKey> {
  const { found, given } = from;
  const { store, care } = await openStore({ file: data.database, threads: false, migrates: true });
  try {
    const problems = found.salvaged === undefined ? [] : await care.integrity();
    if (problems.length > 0) throw new IepError('invalid_request', `the backup is damaged: ${problems[0]}`);
    const lost = [...found.lost, ...(await goneFrom(data, store, from))];
    await care.leaveEventGap();
    const { rows } = await store.outbox.queue({ now: 0 });
    const waiting = rows.reduce((sum, row) => sum + row.waiting, 0);
    const needed = new Set<string>();
    for await (const page of sealedTexts(store)) for (const { sealed } of page) needed.add(sealedBy(sealed) ?? '');
    if (given !== undefined && fileKeys(data).length === 0 && needed.size > 0 && !needed.has(keyIdOf(given))) {
      return { kind: 'wrong_key', keyId: keyIdOf(given), needed: [...needed] };
    }
    const masterKey = await putKey(data, { ...from, needed });
    const keys = [...(givenKeys(from.env)?.keys ?? []), ...fileKeys(data)];
    const here = new Set(keys.map(keyIdOf));
    const missingKeys = [...needed].filter((keyId) => !here.has(keyId));
    const [first, ...others] = keys;
    // A wrong key would break the audit log.
    if (first !== undefined && (needed.size === 0 || missingKeys.length < needed.size))
      await recordRestore(store, [first, ...others], { ...from, masterKey, lost });
    return { ...found, kind: 'restored', lost, waiting, masterKey, missingKeys };
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
    makeMasterKey(data.masterKey, given);
    return 'given';
  }
  if (givenKeys(env) !== undefined) return 'environment';
  if (needed.size > 0) return 'missing';
  makeMasterKey(data.masterKey);
  return 'made';
}

/** A key that was made here goes on with a log that another vouched for, and the entry says so. Any other must be the right one. */
async function recordRestore(
  store: Store,
  keys: MasterKeys,
  {
    caller,
    file,
    masterKey,
    lost,
  }: Pick<Restored, 'masterKey' | 'lost'> & { readonly caller: Caller; readonly file: string },
): Promise<void> {
  const vault = createVault(keys);
  const lostKeyId = masterKey === 'made' ? (await store.audit.head())?.keyId : undefined;
  if (lostKeyId !== undefined) await store.audit.adoptEnd(vault.derive(AUDIT_PURPOSE)[0]);
  const audit = createAudit({ store, vault, clock: systemClock });
  await audit.record({
    actor: caller.actor,
    source: caller.source,
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
