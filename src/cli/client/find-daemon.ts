/** The daemon of this machine, where one listens on a socket that this user may use. */

import { lstatSync, realpathSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { LoadedConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { type SocketName, socketPaths } from '../../config/socket-paths.ts';
import { isStranger } from '../../config/trust.ts';
import { IepError } from '../../core/errors.ts';
import type { Shell } from '../shell.ts';
import type { Transport } from './http-transport.ts';

export interface MeantDaemon {
  readonly config: Config;
  readonly file: string | undefined;
  /** The caller names the data directory; then the configuration alone does not say which daemon is meant. */
  readonly isDirectoryNamed: boolean;
}

export function meantBy(shell: Shell, { config, file }: LoadedConfig): MeantDaemon {
  return { config, file, isDirectoryNamed: Boolean(shell.env.IEP_DATADIR) };
}

/** Undefined where none answers. Only the daemon of the data directory that is meant counts; where none is, that of the machine. */
export async function findDaemon(name: SocketName, meant: MeantDaemon | undefined): Promise<Transport | undefined> {
  for (const path of socketPaths(name, meant?.config)) {
    if (!isBelievable(path)) continue;
    // A script waits: where the socket says which store it is of, nothing is asked.
    const isItsOwn = meant !== undefined && dirname(path) === meant.config.dataDir;
    if (isItsOwn && !(await isListening(path))) continue;
    const { createSocketTransport } = await import('./http-transport.ts');
    const transport = createSocketTransport(path);
    if (isItsOwn || (await isThere(transport, meant === undefined ? {} : headersOf(meant)))) return transport;
    transport.close();
  }
  return undefined;
}

/** One in a directory that another user may write could be that user's: mail and commands would be handed to a stranger. */
function isBelievable(path: string): boolean {
  try {
    const socket = lstatSync(path, { throwIfNoEntry: false });
    if (socket === undefined || !socket.isSocket()) return false;
    return (statSync(dirname(path)).mode & 0o022) === 0 || !isStranger(socket.uid);
  } catch {
    // In a directory that this user may not enter, or that is none.
    return false;
  }
}

/** Nobody listens at the socket that a killed daemon left. */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => end(true));
    socket.on('error', () => end(false));
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
  });
}

/** Nobody answers at the socket of a daemon that was killed; another user's may not be used; 421: it serves another store. */
async function isThere(transport: Transport, headers: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    const answer = await transport.send('/health', { method: 'GET', headers });
    for await (const _chunk of answer.body);
    return answer.status === 200;
  } catch (error) {
    if (error instanceof IepError && error.code === 'unreachable') return false;
    throw error;
  }
}

function headersOf({ config, file, isDirectoryNamed }: MeantDaemon): Record<string, string> {
  return {
    'x-iep-data-directory': encodeURIComponent(realPath(config.dataDir)),
    ...(file !== undefined && !isDirectoryNamed && { 'x-iep-config': encodeURIComponent(file) }),
  };
}

/** As it is written where this user may not follow it. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
