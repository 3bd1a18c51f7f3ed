/**
 * Listening sockets that systemd holds for us (sd_listen_fds(3)). While the daemon restarts they stay open, and the kernel
 * keeps callers waiting instead of refusing them.
 */

import { IepError } from '../../core/errors.ts';

/** File descriptors by door. */
export interface InheritedSockets {
  readonly http?: number;
  readonly smtp?: number;
  /** TLS from the first byte. */
  readonly smtps?: number;
}

/** SD_LISTEN_FDS_START. */
const FIRST = 3;
const doors = ['http', 'smtp', 'smtps'] as const;

/** Refuses with `bad_config` where a socket has no name of ours: taking mail on the wrong one would be worse than not to start. */
export function inheritedSockets(env: Readonly<Record<string, string | undefined>>, pid: number): InheritedSockets {
  if (Number(env.LISTEN_PID) !== pid) return {};
  const count = Number(env.LISTEN_FDS ?? 0);
  const names = (env.LISTEN_FDNAMES ?? '').split(':');
  const sockets: { -readonly [K in keyof InheritedSockets]: number } = {};
  for (let at = 0; at < count; at++) {
    const name = doors.find((door) => door === names[at]);
    if (name === undefined || sockets[name] !== undefined) {
      const what = `The service manager passes a socket named "${names[at] ?? ''}"`;
      throw new IepError('bad_config', `${what}; FileDescriptorName= must be http, smtp or smtps, each once.`);
    }
    sockets[name] = FIRST + at;
  }
  return sockets;
}
