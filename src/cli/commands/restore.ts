/** `iep restore`: a backup becomes a data directory again. Never over one that is there. */

import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { IepError } from '../../core/errors.ts';
import { dataDirectory } from '../../daemon/data-directory.ts';
import { isLocked } from '../../db/sqlite/lock.ts';
import { openSqliteStore } from '../../db/sqlite/open.ts';
import { readEntries } from '../archive.ts';
import { Complaint } from '../failure.ts';
import { fileFault } from '../files.ts';
import type { Globals } from '../globals.ts';
import { requireLocal } from '../local-only.ts';
import { readConfig } from '../local-store.ts';
import { print, printJson, remark } from '../output.ts';
import type { Shell } from '../shell.ts';

const DATABASE = 'iep.db';
/** What a backup holds, and nothing else: a name never leads out of the directory. */
const KNOWN_NAME = /^(?:iep\.db|master\.key|blobs\/[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{64})$/;

export function restore(command: Command, shell: Shell): void {
  command
    .argument('<file>', 'a file that `iep backup` wrote')
    .addHelpText(
      'after',
      `
The data directory of the configuration must not exist yet, or be empty.
What was queued when the backup was made is queued again, even if it has been sent since: look at \`iep queue\`
before \`iep serve\`, and cancel what must not go out twice.

Example:
  $ IEP_DATADIR=/var/lib/iep iep restore /var/backups/iep-2027-01-31.tar
`,
    )
    .action(async (file: string) => {
      const options = command.optsWithGlobals<Globals>();
      requireLocal(shell, options, 'restore');
      const { dataDir } = readConfig(shell, options).config;
      const exists = await requireEmpty(dataDir);
      const waiting = await restoreInto({ dataDir, exists }, resolve(file));
      if (options.json === true) return printJson(shell, { dataDir, waiting });
      print(shell, `${dataDir} restored`);
      if (waiting > 0)
        remark(shell, `${waiting} messages wait in it and go out with \`iep serve\`; see \`iep queue\`.`);
    });
}

/** Whether the directory is there; refuses where it holds anything. */
async function requireEmpty(dataDir: string): Promise<boolean> {
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
 * cannot be replaced: then aside is inside it. Answers how many messages wait.
 */
async function restoreInto(target: { dataDir: string; exists: boolean }, file: string): Promise<number> {
  const { dataDir, exists } = target;
  const aside = exists ? join(dataDir, '.restoring') : `${dataDir}.restoring`;
  const archive = await open(file, 'r').catch((error: unknown) => {
    throw new Complaint(65, `cannot read ${file}: ${fileFault(error)}`, 'Name a file that `iep backup` wrote.');
  });
  try {
    await mkdir(dirname(aside), { recursive: true });
    await mkdir(aside, { mode: 0o700 }).catch((error: unknown) => {
      throw new Complaint(65, `cannot make ${aside}: ${fileFault(error)}`, 'Another restore may be under way.');
    });
    try {
      await unpack(archive, file, aside);
      const waiting = await check(aside);
      await (exists ? moveUp(aside, dataDir) : rename(aside, dataDir));
      return waiting;
    } catch (error) {
      await rm(aside, { recursive: true });
      throw error;
    }
  } finally {
    await archive.close();
  }
}

/** The database last: while it is missing, nothing takes the directory for a store. */
async function moveUp(from: string, to: string): Promise<void> {
  const names = (await readdir(from)).filter((name) => name !== DATABASE);
  for (const name of [...names, DATABASE]) await rename(join(from, name), join(to, name));
  await rmdir(from);
}

async function unpack(archive: FileHandle, file: string, to: string): Promise<void> {
  const seen = new Set<string>();
  for await (const { name, content } of readEntries(archive, file)) {
    if (!KNOWN_NAME.test(name)) throw new IepError('invalid_request', `${file} holds ${name}, which is no backup's`);
    seen.add(name);
    const path = join(to, name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const target = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      for await (const chunk of content()) await target.write(chunk);
      await target.sync();
    } finally {
      await target.close();
    }
  }
  for (const name of [DATABASE, 'master.key']) {
    if (!seen.has(name)) throw new IepError('invalid_request', `${file} is no backup: it holds no ${name}`);
  }
}

/** Opens what was restored, which also brings an older schema up to date. */
async function check(directory: string): Promise<number> {
  const store = await openSqliteStore({ file: dataDirectory(directory).database, threads: false });
  try {
    const problems = await store.integrity();
    if (problems.length > 0) throw new IepError('invalid_request', `the backup is damaged: ${problems[0]}`);
    const { rows } = await store.queue({ now: 0 });
    return rows.reduce((sum, row) => sum + row.waiting, 0);
  } finally {
    await store.close();
  }
}
