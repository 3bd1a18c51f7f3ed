/** Commands that work on the files of a data directory, and so only on the machine that has them. */

import { Complaint } from '../failure.ts';
import type { Globals } from '../globals.ts';
import type { Shell } from '../shell.ts';
import { saidRemote } from './remote.ts';

/** Refuses when the caller said that a daemon elsewhere is meant; a profile that is there for other commands does not. */
export function requireLocal(shell: Shell, globals: Globals, command: string): void {
  const said = saidRemote(shell, globals);
  if (said === undefined) return;
  const what = 'url' in said ? said.url : `the profile ${said.profile}`;
  throw new Complaint(
    64,
    `${command} works on the data directory itself, and ${what} names a daemon`,
    'Run it on that machine, without IEP_URL, IEP_PROFILE, --url and --profile.',
  );
}
