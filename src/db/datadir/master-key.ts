/**
 * The master key: 32 random bytes that secrets in the database are sealed with. Losing it loses them. It comes from the
 * environment, from a credential of systemd, or from a file in the data directory, which is made where there is none.
 * Beside the key that seals there may be its predecessor, while a rotation is under way.
 */

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { link, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '../../blobs/sync-directory.ts';
import type { Environment } from '../../config/environment.ts';
import { diskFault } from '../../core/disk-fault.ts';
import { IepError } from '../../core/errors.ts';
import type { KeyRing, MasterKeys } from '../../core/vault.ts';
import { replaceWhole, writeWhole } from './aside.ts';

export const MASTER_KEY_LENGTH = 32;

/** Base64 or hexadecimal of the key; the second opens what was sealed before the first was changed. */
const VARIABLES = ['IEP_MASTER_KEY', 'IEP_MASTER_KEY_PREVIOUS'] as const;
/** Names of credentials (systemd.exec(5), LoadCredential), in the same order; text like the variables, or the bytes. */
const CREDENTIALS = ['iep-master-key', 'iep-master-key-previous'] as const;

export type KeySource = 'environment' | 'credential' | 'file';

export interface MasterKeyFiles {
  readonly masterKey: string;
  /** There while a rotation is under way: what it holds opens, and seals nothing. */
  readonly previousKey: string;
}

export interface MasterKeyRing extends KeyRing {
  readonly source: KeySource;
}

/**
 * Reads the key, or makes it where nothing says what it is. Refuses one that others can read or that is not whole, and
 * refuses to make one next to a database, whose secrets a new key could not open.
 */
export async function openMasterKeys(
  files: MasterKeyFiles & { readonly database: string },
  env: Environment,
): Promise<MasterKeyRing> {
  const given = givenKeys(env);
  if (given !== undefined) {
    // Keys in files are left from before; they open what they sealed until it is sealed anew.
    const [first, ...others] = given.keys;
    return createRing(given.source, () => [first, ...others, ...fileKeys(files)]);
  }
  if (readKey(files.masterKey) === undefined) {
    // Asked in this order because another process may be making both.
    if (existsSync(files.database) && readKey(files.masterKey) === undefined) throw missing(files.masterKey);
    makeMasterKey(files.masterKey);
  }
  return createRing('file', () => {
    const [current, ...others] = fileKeys(files);
    if (current === undefined) throw missing(files.masterKey);
    return [current, ...others];
  });
}

/** Makes the key file whole or not at all, unless another process was faster. */
export function makeMasterKey(file: string, key: Uint8Array = randomBytes(MASTER_KEY_LENGTH)): void {
  writeWhole(file, key, { mode: 0o600, ownedAs: dirname(file) });
}

/** Puts a new key in the place of the one that is there, which stays readable under the other name. */
export async function replaceMasterKey(files: MasterKeyFiles): Promise<void> {
  await link(files.masterKey, files.previousKey).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await syncDirectory(dirname(files.masterKey));
  // Root may rotate the key of a daemon that is not root's.
  replaceWhole(files.masterKey, randomBytes(MASTER_KEY_LENGTH), { mode: 0o600, ownedAs: files.masterKey });
}

export async function dropPreviousKey({ previousKey }: MasterKeyFiles): Promise<void> {
  await unlink(previousKey);
  await syncDirectory(dirname(previousKey));
}

/** The keys in the files, the one that seals first; a missing file has none. */
export function fileKeys({ masterKey, previousKey }: MasterKeyFiles): readonly Uint8Array[] {
  return [readKey(masterKey), readKey(previousKey)].filter((key) => key !== undefined);
}

/** A key as text: base64 or hexadecimal. Undefined where it is neither, or of another length. */
export function parseMasterKey(text: string): Uint8Array | undefined {
  const trimmed = text.trim();
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return Buffer.from(trimmed, 'hex');
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return undefined;
  const key = Buffer.from(trimmed, 'base64');
  return key.length === MASTER_KEY_LENGTH ? key : undefined;
}

/** What the environment, or a credential of systemd, says the keys are. */
export function givenKeys(env: Environment): { source: KeySource; keys: MasterKeys } | undefined {
  const variables = VARIABLES.map((name) => {
    const text = env[name];
    return text ? parsed(Buffer.from(text), `The variable ${name}`) : undefined;
  });
  const directory = env.CREDENTIALS_DIRECTORY;
  const credentials = CREDENTIALS.map((name) => {
    const file = directory ? join(directory, name) : undefined;
    return file !== undefined && existsSync(file) ? parsed(readFileSync(file), `The credential ${name}`) : undefined;
  });
  for (const [source, [current, previous]] of [
    ['environment', variables],
    ['credential', credentials],
  ] as const) {
    if (current !== undefined) return { source, keys: previous === undefined ? [current] : [current, previous] };
  }
  return undefined;
}

/** Never says what it read. */
function parsed(bytes: Buffer, what: string): Uint8Array {
  const key = bytes.length === MASTER_KEY_LENGTH ? bytes : parseMasterKey(bytes.toString('latin1'));
  if (key !== undefined) return key;
  throw new IepError(
    'bad_config',
    `${what} is not a master key: it must be ${MASTER_KEY_LENGTH} bytes in base64 or hex.`,
  );
}

/** Looks again each time; what it read before stands while the file cannot be read. */
function createRing(source: KeySource, read: () => MasterKeys): MasterKeyRing {
  let known = read();
  return {
    source,
    keys() {
      try {
        known = read();
      } catch (error) {
        if (!(error instanceof IepError)) throw error;
      }
      return known;
    },
  };
}

function readKey(file: string): Uint8Array | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  let key: Buffer;
  try {
    key = readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // Gone since: a rotation has just come to its end.
    if (code === 'ENOENT') return undefined;
    throw diskFault(cause) ?? new IepError('bad_config', `The master key ${file} cannot be read (${code}).`, { cause });
  }
  if (key.length !== MASTER_KEY_LENGTH) {
    throw new IepError('bad_config', `The master key ${file} is damaged: it must have ${MASTER_KEY_LENGTH} bytes.`);
  }
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    throw new IepError('bad_config', `Others can read the master key: chmod 600 ${file}`);
  }
  return key;
}

function missing(file: string): IepError {
  return new IepError('bad_config', `There is a database here and no master key to open its secrets.`, {
    extra: {
      hint: `Bring ${file} back (0600), or give it as IEP_MASTER_KEY; if it is lost for good, \`iep key master new\` makes another, and what was sealed must be set anew.`,
    },
  });
}
