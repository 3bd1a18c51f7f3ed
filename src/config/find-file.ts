/** The configuration file where none is named. */

import { lstatSync } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import { IepError } from '../core/errors.ts';
import { whyDistrusted } from './trust.ts';
import { workingDirectory as currentDirectory } from './working-directory.ts';

/** Where a configuration is looked for when none is named: in the working directory, then in the machine's. */
export const CONFIG_FILE = 'iep.config.yaml';
export const MACHINE_FILE = '/etc/iep/iep.config.yaml';

/**
 * Whether the file of the working directory counts: one that another user can have put there is refused, or passed over by
 * `skip`; `ignore` is for a command that strangers may start in a directory of their choice.
 */
export type WorkingDirectory = 'refuse' | 'skip' | 'ignore';

export interface FoundFile {
  readonly file: string | undefined;
  /** The file of the working directory that was passed over, and why. */
  readonly passedOver?: string;
}

/**
 * The file that is taken where none is named; undefined when there is none. One that cannot be looked at is there. `cwd`
 * empty: the working directory; one that is gone holds none.
 */
export function defaultFile(cwd: string, workingDirectory: WorkingDirectory = 'refuse'): FoundFile {
  const machine = isThere(MACHINE_FILE) ? MACHINE_FILE : undefined;
  const directory = workingDirectory === 'ignore' ? undefined : cwd || currentDirectory();
  if (directory === undefined) return { file: machine };
  const here = resolvePath(directory, CONFIG_FILE);
  if (!isThere(here)) return { file: machine };
  const fault = distrust(here);
  if (fault === undefined) return { file: here };
  if (workingDirectory === 'skip') return { file: machine, passedOver: `${here} ${fault}` };
  throw new IepError('config_not_readable', `${here} ${fault}`, {
    extra: {
      hint: `Here it is taken only from root or its user; where you trust it, name it: --config ${CONFIG_FILE}.`,
    },
  });
}

/** A link that leads nowhere, or where this user may not go, is there: what it leads to is told when it is read. */
function distrust(file: string): string | undefined {
  try {
    return whyDistrusted(file);
  } catch (error) {
    return `cannot be looked at (${codeOf(error)})`;
  }
}

function isThere(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    return codeOf(error) !== 'ENOTDIR';
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
}
