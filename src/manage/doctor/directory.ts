/** The data directory: who can look into it, and how much room is left. */

import { existsSync } from 'node:fs';
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText } from '../../core/error-text.ts';
import type { DataDirectory } from '../../db/datadir/data-files.ts';
import { broken, type Finding, ok, warning } from './finding.ts';

const MIB = 1024 * 1024;
const LITTLE_BYTES = 1024 * MIB;
const TOO_LITTLE_BYTES = 100 * MIB;

export async function* checkPermissions(data: DataDirectory): AsyncGenerator<Finding> {
  if (process.platform === 'win32') return;
  for (const [path, mode] of [
    [data.path, 0o700],
    // There is none where the key comes from the environment.
    ...(existsSync(data.masterKey) ? [[data.masterKey, 0o600] as const] : []),
    [data.database, 0o600],
  ] as const) {
    yield await checkMode(path, mode);
  }
  yield* checkOwners(data);
}

/** The daemon runs as the owner of the directory, and could not open what is somebody else's in it. */
async function* checkOwners(data: DataDirectory): AsyncGenerator<Finding> {
  const { uid } = await stat(data.path);
  const strange: string[] = [];
  for (const folder of [data.path, data.blobs]) {
    for (const name of existsSync(folder) ? await readdir(folder) : []) {
      const found = await stat(join(folder, name)).catch(() => undefined);
      if (found !== undefined && found.uid !== uid) strange.push(join(folder, name));
    }
  }
  const [first] = strange;
  if (first === undefined) return;
  const others = strange.length === 1 ? '' : `, and ${strange.length - 1} more`;
  yield broken(
    `owner of ${first}`,
    `it is not the owner of ${data.path} (user ${uid})${others}: a daemon of that user cannot open it`,
    `chown -R --reference=${data.path} ${data.path}`,
  );
}

async function checkMode(path: string, wanted: number): Promise<Finding> {
  const check = `permissions of ${path}`;
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(path);
  } catch (error) {
    const why = errorText(error);
    return broken(check, why, 'Restore a backup, or run as the user that owns the data directory.');
  }
  const uid = process.getuid?.();
  if (uid !== undefined && uid !== 0 && found.uid !== uid) {
    return broken(check, `it belongs to user ${found.uid}, and you are ${uid}`, 'Run iep as the user that owns it.');
  }
  const mode = found.mode & 0o777;
  const open = mode & 0o077;
  // Inside a closed directory a file's own mode changes nothing, except the key's, which backups may copy along.
  if (open === 0 || (wanted === 0o600 && !path.endsWith('.key'))) return ok(check, mode.toString(8));
  return broken(check, `others have access (${mode.toString(8)})`, `chmod ${wanted.toString(8)} ${path}`);
}

export async function checkDisk(data: DataDirectory): Promise<Finding> {
  const { bavail, bsize, blocks } = await statfs(data.path);
  const free = bavail * bsize;
  const share = Math.round((bavail / blocks) * 100);
  const detail = `${Math.round(free / MIB)} MiB free (${share} %)`;
  const advice = `Make room on the file system of ${data.path}; a full disk refuses new mail.`;
  if (free < TOO_LITTLE_BYTES) return broken('disk', detail, advice);
  return free < LITTLE_BYTES ? warning('disk', detail, advice) : ok('disk', detail);
}
