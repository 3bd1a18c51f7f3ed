/** What tests of several users of one machine begin with. Root alone can become the others. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from './program.ts';

export const OWNER = 61_001;
export const STRANGER = 61_002;

/** A directory that everybody may look into, in one that belongs to nobody else. */
export function makeOpenFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'iep-users-'));
  chmodSync(folder, 0o755);
  return folder;
}

export interface UserCall {
  readonly as: { readonly uid?: number; readonly gid?: number };
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export function call(program: Program, args: readonly string[], { as, cwd, env = {}, input = 'hello\n' }: UserCall) {
  const done = spawnSync(process.execPath, [program.script, ...args], {
    ...{ ...as, cwd, input, encoding: 'utf8' },
    env: { PATH: process.env.PATH, ...env },
  });
  return { exit: done.status, out: done.stdout, err: done.stderr };
}
