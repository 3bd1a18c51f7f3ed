/** `iep key master`: the key that stored secrets are sealed with. On the machine that has the data directory only. */

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { counted } from '../../core/counted.ts';
import { keyIdOf, sealedBy } from '../../core/vault.ts';
import type { Local } from '../../daemon/local.ts';
import { dataDirectory } from '../../db/datadir/data-files.ts';
import { makeMasterKey } from '../../db/datadir/master-key.ts';
import { sealedTexts } from '../../db/verbs/sealed-texts.ts';
import { localActor } from '../../manage/audit/audit.ts';
import { keyToRetire, type MasterKeyRotation, rotateMasterKey } from '../../manage/master-key.ts';
import { enterDataDir } from '../client/enter-data-dir.ts';
import { requireLocal } from '../client/local-only.ts';
import { Complaint, Exit } from '../failure.ts';
import { wholePath, writeNewFile } from '../files.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, remark } from '../output.ts';
import type { Shell } from '../shell.ts';

/** Loaded when it is needed: the other commands may talk to a daemon elsewhere. */
const localStore = () => import('../client/local-store.ts');
const configuration = () => import('../client/read-config.ts');

/** What a running daemon read a moment before the key changed has been opened by then. */
const SETTLE_MS = 3_000;

export function addMaster(command: Command, shell: Shell): void {
  const master = command.command('master').description('the key that stored secrets are sealed with');
  addShow(master, shell);
  addRotate(master, shell);
  addNew(master, shell);
}

function addShow(command: Command, shell: Shell): void {
  command
    .command('show')
    .description('where the master key comes from, and what is sealed with it; never the key')
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      requireLocal(shell, options, 'key master');
      const local = await open(shell, options);
      try {
        const { masterKeys, store, vault } = local;
        const lost = await lostSecrets(local);
        const sealed: Record<string, number> = {};
        for await (const page of sealedTexts(store)) {
          for (const keyId of page.map((text) => sealedBy(text.sealed) ?? '')) sealed[keyId] = (sealed[keyId] ?? 0) + 1;
        }
        const shown = {
          keyId: vault.keyId,
          source: masterKeys.source,
          keys: masterKeys.keys().map(keyIdOf),
          sealed,
          lost,
        };
        if (options.json === true) return printJson(shell, shown);
        print(shell, `master key ${shown.keyId}, from the ${shown.source}`);
        for (const [keyId, count] of Object.entries(sealed)) {
          const here = shown.keys.includes(keyId) ? '' : ', which is NOT HERE';
          print(shell, `${counted(count, 'secret is', 'secrets are')} sealed with ${keyId}${here}`);
        }
        tellOfLost(shell, lost);
      } finally {
        await local.close();
      }
    });
}

function addRotate(command: Command, shell: Shell): void {
  command
    .command('rotate')
    .description('make a new master key and seal everything anew; a daemon may run')
    .option('--old-key-to <file>', 'keep the old key there (0600, base64): backups made until now need it')
    .addHelpText(
      'after',
      `
Where the key comes from the environment or a credential, put the new one in its place and the old one into
IEP_MASTER_KEY_PREVIOUS (or the credential iep-master-key-previous) first. A rotation that was interrupted goes on.

Example:
  $ iep key master rotate --old-key-to /root/iep-master-key-2027-01.txt
`,
    )
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { oldKeyTo?: string }>();
      requireLocal(shell, options, 'key master');
      const local = await open(shell, options);
      let rotation: MasterKeyRotation;
      try {
        const { data, masterKeys } = local;
        if (options.oldKeyTo !== undefined)
          await keep(wholePath(options.oldKeyTo), keyToRetire({ files: data, masterKeys }));
        const { isLocked } = await import('../../db/datadir/lock.ts');
        const settleMs = isLocked(data.path) ? SETTLE_MS : 0;
        rotation = await rotateMasterKey({ ...local, files: data, actor: localActor() }, { settleMs });
      } finally {
        await local.close();
      }
      if (options.json === true) printJson(shell, rotation);
      else tell(shell, rotation);
      if (!rotation.done) throw new Exit(65);
    });
}

function tell(shell: Shell, { keyId, previousKeyId, resumed, resealed, unreadable, done }: MasterKeyRotation): void {
  print(
    shell,
    `master key ${keyId} in place of ${previousKeyId}; ${counted(resealed, 'secret')} sealed anew${resumed ? ' (an earlier rotation, ended now)' : ''}`,
  );
  for (const { context, reason } of unreadable) print(shell, `NOT READABLE ${context}: ${reason}`);
  if (!done) remark(shell, 'The old key is kept. Set those secrets anew or remove them, then run this again.');
  else remark(shell, `Backups made until now need the key ${previousKeyId}.`);
}

function addNew(command: Command, shell: Shell): void {
  command
    .command('new')
    .description('make a master key where it is lost; what was sealed with the lost one must be set anew')
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      requireLocal(shell, options, 'key master');
      const { readStoreConfig } = await configuration();
      const loaded = readStoreConfig(shell, options);
      const data = dataDirectory(loaded.config.dataDir);
      enterDataDir(shell, loaded, { purpose: 'read' });
      if (existsSync(data.masterKey)) {
        throw new Complaint(65, `${data.masterKey} is there`, 'To put another in its place: iep key master rotate.');
      }
      if (!existsSync(data.path)) throw new Complaint(65, `there is no ${data.path}`, '`iep init` makes it.');
      const key = randomBytes(32);
      makeMasterKey(data.masterKey, key);
      const lost = existsSync(data.database) ? await record(shell, options, keyIdOf(key)) : [];
      if (options.json === true) printJson(shell, { keyId: keyIdOf(key), file: data.masterKey, lost });
      else {
        print(shell, `master key ${keyIdOf(key)} made in ${data.masterKey}`);
        tellOfLost(shell, lost);
      }
    });
}

async function open(shell: Shell, options: Globals): Promise<Local> {
  const { openLocalStore } = await localStore();
  const { readStoreConfig } = await configuration();
  return openLocalStore(shell, readStoreConfig(shell, options), { purpose: 'read' });
}

interface Lost {
  readonly context: string;
  readonly keyId: string;
}

/** Secrets that no key here opens. */
async function lostSecrets({ masterKeys, store }: Local): Promise<readonly Lost[]> {
  const here = new Set(masterKeys.keys().map(keyIdOf));
  const lost: Lost[] = [];
  for await (const page of sealedTexts(store)) {
    const all = page.map(({ context, sealed }) => ({ context, keyId: sealedBy(sealed) ?? '' }));
    lost.push(...all.filter(({ keyId }) => !here.has(keyId)));
  }
  return lost;
}

function tellOfLost(shell: Shell, lost: readonly Lost[]): void {
  for (const { context, keyId } of lost) print(shell, `LOST ${context}: sealed with ${keyId}, which is not here`);
  if (lost.length > 0)
    remark(shell, 'Set them anew: iep provider set, iep webhook rotate, iep domain rotate; or bring the key back.');
}

/** Returns what the key that was made does not open. */
async function record(shell: Shell, options: Globals, keyId: string): Promise<readonly Lost[]> {
  const local = await open(shell, options);
  try {
    await local.audit.record({
      actor: localActor(),
      source: 'local',
      action: 'master-key.new',
      outcome: 'done',
      target: keyId,
      changes: {},
    });
    return await lostSecrets(local);
  } finally {
    await local.close();
  }
}

async function keep(file: string, key: Uint8Array): Promise<void> {
  await writeNewFile(file, `${Buffer.from(key).toString('base64')}\n`, 0o600);
}
