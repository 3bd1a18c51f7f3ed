/** `iep reschedule`: gives scheduled messages another time. */

import type { Command } from 'commander';
import { withClient } from '../client/client.ts';
import { eachMessage } from '../each-message.ts';
import { Complaint } from '../failure.ts';
import type { Globals } from '../globals.ts';
import type { Shell } from '../shell.ts';
import { moment } from '../values.ts';

type Options = Globals & { readonly at?: number; readonly now?: true };

export function reschedule(command: Command, shell: Shell): void {
  command
    .argument('<id...>', 'scheduled messages')
    .option('--at <time>', 'the new time: 30m, 2h, or 2027-01-31T09:00:00Z', moment(shell.clock.now(), 'future'))
    .option('--now', 'send at once')
    .addHelpText(
      'after',
      `
Only a message that is still scheduled has a time to change; \`iep cancel\` takes it out of the queue.

Examples:
  $ iep reschedule 019cf5b2-6a00-7000-8000-3f1c8a5d9e01 --at 2h
  $ iep reschedule 019cf5b2-6a00-7000-8000-3f1c8a5d9e01 --at 2027-01-31T09:00:00Z
  $ iep reschedule 019cf5b2-6a00-7000-8000-3f1c8a5d9e01 --now
`,
    )
    .action(async (ids: string[]) => {
      const options = command.optsWithGlobals<Options>();
      if ((options.at === undefined) === (options.now === undefined)) {
        throw new Complaint(64, 'give --at or --now, one of the two', 'See `iep reschedule --help`.');
      }
      const scheduledAt = options.at === undefined ? null : new Date(options.at).toISOString();
      await withClient({ shell, globals: options }, (client) =>
        eachMessage(shell, { client, options, ids, verb: 'reschedule', json: { scheduledAt } }),
      );
    });
}
