/** `iep cancel`: takes messages out of the queue before an attempt is under way. */

import type { Command } from 'commander';
import { withClient } from '../client/client.ts';
import { eachMessage } from '../each-message.ts';
import { Complaint } from '../failure.ts';
import { addFilters, type Filters, hasFilter } from '../filters.ts';
import type { Globals } from '../globals.ts';
import { moveMatching } from '../move-matching.ts';
import type { Shell } from '../shell.ts';

type Options = Globals & Filters & { readonly dryRun?: true; readonly yes?: true };

export function cancel(command: Command, shell: Shell): void {
  command.argument('[id...]', 'messages to cancel');
  addFilters(command, shell);
  command
    .option('--dry-run', 'only say which messages match')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
Filters look among messages that wait, and no attempt is under way.

Examples:
  $ iep cancel 019cf5b2-6a00-7000-8000-3f1c8a5d9e01
  $ iep cancel --group newsletter-12 --dry-run
  $ iep cancel --status scheduled --from news@example.com --yes
`,
    )
    .action(async (ids: string[]) => {
      const options = command.optsWithGlobals<Options>();
      if (ids.length > 0 === hasFilter(options)) {
        throw new Complaint(64, 'name messages by id, or by filters, one of the two', 'See `iep cancel --help`.');
      }
      await withClient({ shell, globals: options }, (client) =>
        ids.length > 0
          ? eachMessage(shell, { client, options, ids, verb: 'cancel' })
          : moveMatching(shell, client, {
              ...{ move: 'cancel', options, command: 'cancel', called: ['message', 'messages'] },
            }),
      );
    });
}
