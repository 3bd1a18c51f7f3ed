/** `iep serve`: the daemon, in the foreground until SIGTERM or SIGINT. SIGHUP reads the configuration again. */

import type { Command } from 'commander';
import { runDaemon } from '../../daemon/run.ts';
import { enterPlace } from '../enter-place.ts';
import type { Globals } from '../globals.ts';
import { requireLocal } from '../local-only.ts';
import { readConfig } from '../local-store.ts';
import type { Shell } from '../shell.ts';

export function serve(command: Command, shell: Shell): void {
  command
    .option('--dev', 'no config needed: ./iep-data, tenant "default", mail is kept and nothing leaves this machine')
    .addHelpText(
      'after',
      `
SIGTERM or SIGINT finishes what is in flight and stops; the same again stops at once. Nothing accepted is lost either way.
SIGHUP reads the configuration and the certificates again; the log names what needs a restart.

Examples:
  $ iep serve --dev
  $ iep --config /etc/iep/iep.config.yaml serve
`,
    )
    .action(async () => {
      const options = command.optsWithGlobals<Globals & { dev?: true }>();
      requireLocal(shell, options, 'serve');
      const dev = options.dev === true;
      const loaded = readConfig(shell, options, { dev });
      enterPlace(shell, loaded, { purpose: 'write' });
      // The file that was found then, and no other that is found now.
      const named = loaded.file === undefined ? options : { config: loaded.file };
      const reload = () => readConfig(shell, named, { dev });
      await runDaemon({ ...loaded, dev, reload, env: shell.env });
    });
}
