/** `iep event send`: tells of an event, for whose type triggers may send mail. */

import type { Command } from 'commander';
import { IepError } from '../../core/errors.ts';
import { withClient } from '../client/client.ts';
import type { EventTakenJson } from '../client/wire.ts';
import { type EventFlags, eventFrom } from '../event-input.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, visible } from '../output.ts';
import type { Shell } from '../shell.ts';

export function event(command: Command, shell: Shell): void {
  command.addHelpText(
    'after',
    `\nExample:\n  $ iep event send --type user.invited --data '{"email": "jo@example.com"}'\n`,
  );
  command
    .command('send')
    .description('tell of an event; triggers that fit send mail')
    .requiredOption('--type <type>', 'such as user.invited')
    .option('--id <id>', 'the same again triggers nothing again; one is given where it is left out')
    .option('--data <json>', 'what triggers and templates see as data; - is standard input')
    .option('--subject <text>', 'what it is about')
    .option('--source <text>', 'where it happened')
    .option('--time <time>', 'when it happened, RFC 3339')
    .addHelpText(
      'after',
      `
Examples:
  $ iep event send --type user.invited --id invite-17 --data '{"email": "jo@example.com", "name": "Jo"}'
  $ deploy-report | iep event send --type deploy.done --data -
`,
    )
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals & EventFlags>();
      const body = await eventFrom(shell, options);
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const taken = await client.json<EventTakenJson>('POST', '/v1/events', { json: body });
        if (!('eventId' in taken)) throw new IepError('internal', 'one event was answered as a list');
        if (options.json === true) return printJson(shell, taken);
        print(shell, `event ${visible(taken.eventId)} ${taken.duplicate ? 'came before' : 'taken'}`);
        const { notified = [], acknowledged = [] } = taken;
        for (const { trigger, messageId } of taken.triggered) print(shell, `  ${trigger} sent ${messageId}`);
        for (const { rule, notificationId } of notified) print(shell, `  ${rule} made ${notificationId}`);
        for (const id of acknowledged) print(shell, `  ended the escalation of ${id}`);
        for (const { trigger, rule, reason } of taken.skipped) {
          const named = trigger ?? rule;
          print(shell, `  ${named === undefined ? '' : `${named} sent nothing: `}${visible(reason)}`);
        }
        const came = taken.triggered.length + notified.length + acknowledged.length + taken.skipped.length;
        if (came === 0) print(shell, '  no trigger fits, and no rule');
      });
    });
}
