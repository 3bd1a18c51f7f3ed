/** `iep retry`: makes failed messages open again, and tries at once what waits for a retry. */

import type { Command } from 'commander';
import { withClient } from '../client/client.ts';
import { eachMessage } from '../each-message.ts';
import { Complaint } from '../failure.ts';
import { addFilters, type Filters, hasFilter } from '../filters.ts';
import type { Globals } from '../globals.ts';
import { moveMatching } from '../move-matching.ts';
import type { Shell } from '../shell.ts';

type Options = Globals & Filters & { readonly dryRun?: true; readonly yes?: true };

export function retry(command: Command, shell: Shell): void {
  command.argument('[id...]', 'messages to try again');
  addFilters(command, shell);
  command
    .option('--dead', 'dead letters')
    .option('--dry-run', 'only say which messages match')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
Attempts start again from zero; the content stays as it was accepted.

Examples:
  $ iep retry 019cf5b2-6a00-7000-8000-3f1c8a5d9e01
  $ iep retry --status failed --since 6h --dry-run
  $ iep retry --to @example.com --status failed --yes
`,
    )
    .action(async (ids: string[]) => {
      const options = command.optsWithGlobals<Options>();
      if (ids.length > 0 === hasFilter(options)) {
        throw new Complaint(64, 'name messages by id, or by filters, one of the two', 'See `iep retry --help`.');
      }
      await withClient({ shell, globals: options }, (client) =>
        ids.length > 0
          ? eachMessage(shell, { client, options, ids, verb: 'retry' })
          : moveMatching(shell, client, {
              ...{ move: 'retry', options, command: 'retry', called: ['message', 'messages'] },
            }),
      );
    });
}
