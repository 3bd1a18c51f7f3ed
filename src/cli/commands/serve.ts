/** `iep serve`: the daemon, in the foreground until SIGTERM or SIGINT. */

import type { Command } from 'commander';
import { runDaemon } from '../../daemon/run.ts';
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

Examples:
  $ iep serve --dev
  $ iep --config /etc/iep/iep.config.yaml serve
`,
    )
    .action(async () => {
      const options = command.optsWithGlobals<Globals & { dev?: true }>();
      requireLocal(shell, options, 'serve');
      const dev = options.dev === true;
      await runDaemon({ ...readConfig(shell, options, dev), dev });
    });
}
