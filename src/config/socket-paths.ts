/** Where the daemon of this machine listens for the commands of this machine, and where they look for it. */

import { join } from 'node:path';
import type { Config } from './schema.ts';

/** Where systemd makes it for the daemon's user (`RuntimeDirectory=iep`). In `/run` only root makes directories. */
export const RUNTIME_DIRECTORY = '/run/iep';

/** `control`: its owner and root, as the operator. `submit`: every user of the machine, to hand in mail. */
export type SocketName = 'control' | 'submit';

export function socketFile(name: SocketName): string {
  return `${name}.sock`;
}

/** In the order in which a command tries them. Without a configuration that it may read, only where all daemons may be. */
export function socketPaths(name: SocketName, config: Pick<Config, 'local' | 'dataDir'> | undefined): string[] {
  const set = config?.local[name] ?? 'auto';
  if (set === 'off') return [];
  if (set !== 'auto') return [set];
  return [RUNTIME_DIRECTORY, ...(config === undefined ? [] : [config.dataDir])].map((directory) =>
    join(directory, socketFile(name)),
  );
}
