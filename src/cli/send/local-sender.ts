/** The sender of mail that names none: the login name at this host's name, as mail programs have always done. */

import { hostname, userInfo } from 'node:os';
import type { Shell } from '../shell.ts';

export function localSender(shell: Shell, domain: string): string {
  return `${loginName(shell)}@${domain}`;
}

/** Who calls, for the audit log of the daemon: user id and name. */
export function callingUser(): string {
  return `${process.getuid?.() ?? ''} ${accountName().replace(/[^\w.@-]/g, '_')}`;
}

/** LOGNAME is what cron and su set; a user id without an account has no other name. */
function loginName(shell: Shell): string {
  const named = shell.env.LOGNAME || shell.env.USER;
  return named || accountName();
}

function accountName(): string {
  // Not the user whose store it is, whom `userInfo` names while root works as that user.
  if (process.getuid?.() === 0) return 'root';
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}

/** A host's name of one label is not a domain of mail anywhere else, but on this host it is the truth. */
export function hostName(): string {
  return hostname().toLowerCase() || 'localhost';
}
