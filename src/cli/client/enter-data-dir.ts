/**
 * Before a command touches a data directory: whether it is the caller's. Root works as the user whose directory it is, so
 * that nothing that user put there leads root anywhere, and nothing is left there that the user's daemon cannot open.
 */

import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { WorkingDirectory } from '../../config/find-file.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { isStranger, whyDistrusted, whyLinkDistrusted } from '../../config/trust.ts';
import { Complaint } from '../failure.ts';
import type { Shell } from '../shell.ts';

/** `submit` is a mail to hand in, which another command may try again later; `write` and `submit` make what is missing. */
export type Purpose = 'read' | 'write' | 'submit';

export interface Entering {
  readonly purpose: Purpose;
  /** `ignore`: nothing is made in the working directory, which strangers chose. */
  readonly workingDirectory?: WorkingDirectory | undefined;
}

interface Found {
  readonly path: string;
  readonly stats: Stats;
}

/** A stranger may have chosen the working directory. */
const BARRED = 'in the working directory IEP makes a store only where --config or IEP_DATADIR names it';

/** Refuses where the directory, or the one to make it in, is another user's. */
export function enterDataDir(
  shell: Shell,
  { config, file, passedOver }: LoadedConfig,
  { purpose, workingDirectory }: Entering,
): void {
  if (process.platform === 'win32') return;
  const { dataDir } = config;
  const refuse = (why: string) => refusal(purpose, `${dataDir} ${why}`);
  const itself = look(dataDir, refuse);
  if (itself === undefined && purpose === 'read') return;
  const at = itself ?? nearest(dirname(dataDir), refuse);
  const isBarred = itself === undefined && (workingDirectory === 'ignore' || passedOver !== undefined);
  const fault = isNamed(shell, file)
    ? whyLinkDistrusted(at.path, at.stats.uid)
    : isBarred
      ? BARRED
      : whyNotOurs(at, itself === undefined);
  if (fault !== undefined)
    throw refuse(
      itself === undefined
        ? `is not there, and is not made: ${fault === BARRED ? fault : `${at.path} ${fault}`}`
        : fault,
    );
  actAs(at, refuse);
}

/** Whether nothing names a store, and there is none in the working directory either. */
export function isNowhere(shell: Shell, { config, file }: LoadedConfig): boolean {
  return !isNamed(shell, file) && statSync(config.dataDir, { throwIfNoEntry: false }) === undefined;
}

function isNamed(shell: Shell, file: string | undefined): boolean {
  return file !== undefined || Boolean(shell.env.IEP_DATADIR);
}

/** A directory that nothing but the working directory names has to be the caller's own, and nobody else's to write. */
function whyNotOurs({ path, stats }: Found, isToBeMade: boolean): string | undefined {
  const fault = whyDistrusted(path);
  if (fault !== undefined) return fault;
  if (stats.uid !== process.geteuid?.()) return `belongs to user ${stats.uid}`;
  return isToBeMade && (stats.mode & 0o022) !== 0 ? 'may be written by others' : undefined;
}

/** Root becomes the owner; anybody else has to be the owner, or to be let in by root. */
function actAs({ path, stats }: Found, refuse: (why: string) => Complaint): void {
  if (process.geteuid?.() === 0) {
    if (stats.uid !== 0) becomeOwner(path, stats);
    return;
  }
  if (isStranger(stats.uid)) throw refuse(`belongs to user ${stats.uid}`);
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    // Anything else, such as a file system that is read only, is told where the store is opened.
    if ((error as NodeJS.ErrnoException).code === 'EACCES') throw refuse('may not be written by this user');
  }
}

function becomeOwner(path: string, { uid, gid }: Stats): void {
  try {
    process.setgroups?.([gid]);
    process.setegid?.(gid);
    process.seteuid?.(uid);
  } catch {
    // Root of a container, say, that was left without the capability.
    throw new Complaint(77, `root may not act as the owner of ${path} here`, 'Run it as that user.');
  }
}

/** Does `work` as root where root called: what it writes lies outside the data directory. */
export async function asCaller<T>(work: () => Promise<T>): Promise<T> {
  const uid = process.geteuid?.();
  const gid = process.getegid?.();
  if (process.getuid?.() !== 0 || uid === undefined || uid === 0 || gid === undefined) return work();
  process.seteuid?.(0);
  process.setegid?.(process.getgid?.() ?? 0);
  try {
    return await work();
  } finally {
    process.setegid?.(gid);
    process.seteuid?.(uid);
  }
}

function look(path: string, refuse: (why: string) => Complaint): Found | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats && { path, stats };
  } catch (error) {
    throw refuse(`cannot be looked at (${(error as NodeJS.ErrnoException).code})`);
  }
}

function nearest(path: string, refuse: (why: string) => Complaint): Found {
  return look(path, refuse) ?? nearest(dirname(path), refuse);
}

function refusal(purpose: Purpose, why: string): Complaint {
  return purpose === 'submit'
    ? new Complaint(
        75,
        `no daemon takes mail here, and this user has no store: ${why}`,
        'Nothing was stored. Run it as the owner, name a daemon (IEP_URL), or have its owner set `local.submit` to a socket in a directory that you may enter, such as /run/iep/submit.sock.',
      )
    : new Complaint(
        77,
        `this user may not use the store: ${why}`,
        'Run it as its owner, name another store with --config or IEP_DATADIR, or talk to the daemon: IEP_URL.',
      );
}
