/** Commands that work on the files of a data directory, and so only on the machine that has them. */

import { remoteUrl } from './client.ts';
import { Complaint } from './failure.ts';
import type { Globals } from './globals.ts';
import type { Shell } from './shell.ts';

/** Refuses when a daemon elsewhere is meant. */
export function requireLocal(shell: Shell, globals: Globals, command: string): void {
  const url = remoteUrl(shell, globals);
  if (url === undefined) return;
  throw new Complaint(
    64,
    `${command} works on the data directory itself, and ${url} names a daemon`,
    'Run it on that machine, without IEP_URL and --url.',
  );
}
