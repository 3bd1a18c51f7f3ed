/** What a data directory holds is its owner's own: a link, or what another user placed there, is never followed. */

import { lstatSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isStranger } from '../../config/trust.ts';
import { IepError } from '../../core/errors.ts';
import { type DataDirectory, WAKE_FILE } from './data-files.ts';
import { RESERVE_FILE } from './reserve.ts';

/** Refuses with `bad_config`. The owner of the directory alone can change what was found, so that it stays true. */
export function refuseForeignFiles(data: DataDirectory): void {
  const { path, database, masterKey, previousKey, blobs } = data;
  if (process.platform === 'win32') return;
  refuseOwner(path, statSync(path).uid);
  const databases = [database, join(path, 'daemon.lock')];
  const beside = databases.flatMap((file) => ['-wal', '-shm', '-journal'].map((end) => file + end));
  const others = [WAKE_FILE, 'production', RESERVE_FILE].map((name) => join(path, name));
  for (const file of [...databases, ...beside, masterKey, previousKey, ...others]) refuseForeign(file, 'isFile');
  for (const folder of [blobs, join(blobs, 'tmp'), join(blobs, 'aside')]) refuseForeign(folder, 'isDirectory');
}

function refuseForeign(path: string, is: 'isFile' | 'isDirectory'): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found[is]()) {
    const what = is === 'isFile' ? 'file' : 'directory';
    throw refusal(`${path} is not a ${what} but ${found.isSymbolicLink() ? 'a link' : 'something else'}`, path);
  }
  refuseOwner(path, found.uid);
}

function refuseOwner(path: string, uid: number): void {
  if (!isStranger(uid)) return;
  throw refusal(`${path} belongs to user ${uid}, not to the user that runs IEP`, path);
}

function refusal(message: string, path: string): IepError {
  return new IepError('bad_config', message, {
    extra: { hint: `Find out who put it there. IEP follows no link in its data directory; see ls -l ${path}` },
  });
}
