/** `iep group`: messages that were put together by their sender, recipient by recipient and in numbers. */

import type { Command } from 'commander';
import { localTime } from '../../core/time-text.ts';
import { withClient } from '../client/client.ts';
import { allRows } from '../client/rows.ts';
import type { GroupAnalyticsJson, GroupJson } from '../client/wire.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, printTable } from '../output.ts';
import type { Shell } from '../shell.ts';
import { wholeNumber } from '../values.ts';

const SHOWN = 100;

export function group(command: Command, shell: Shell): void {
  command.addHelpText('after', '\nExamples:\n  $ iep group stats spring\n  $ iep group show spring --all\n');
  addShow(command, shell);
  addStats(command, shell);
}

type ShowOptions = Globals & { readonly limit?: number; readonly all?: true };

function addShow(command: Command, shell: Shell): void {
  command
    .command('show <group>')
    .description('its recipients, in the order in which their messages were accepted')
    .option('--limit <n>', `as many; ${SHOWN} where not given`, wholeNumber)
    .option('--all', 'all of them')
    .addHelpText('after', '\nExamples:\n  $ iep group show spring\n  $ iep group show spring --all --json\n')
    .action(async (name: string, _options, self: Command) => {
      const { limit = SHOWN, all, json, ...globals } = self.optsWithGlobals<ShowOptions>();
      await withClient({ shell, globals }, async (client) => {
        const items = await allRows<GroupJson['items'][number]>(client, pathOf(name), {
          limit: all === true ? Number.POSITIVE_INFINITY : limit,
        });
        if (json === true) return printJson(shell, items);
        printTable(
          shell,
          ['RECIPIENT', 'STATUS', 'SENT', 'OPENS', 'CLICKS', 'BY MACHINES', 'LAST OPENED', 'MESSAGE'],
          items.map((one) => [
            ...[one.recipient, one.status, localTime(one.sentAt), one.opens, one.clicks],
            ...[one.machineOpens + one.machineClicks, localTime(one.lastOpenedAt), one.messageId],
          ]),
        );
      });
    });
}

function addStats(command: Command, shell: Shell): void {
  command
    .command('stats <group>')
    .description('what became of its recipients, and who of them read the mail')
    .addHelpText('after', '\nExamples:\n  $ iep group stats spring\n  $ iep group stats spring --json\n')
    .action(async (name: string, _options, self: Command) => {
      const { json, ...globals } = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals }, async (client) => {
        const answer = await client.json<GroupAnalyticsJson>('GET', `${pathOf(name)}/analytics`);
        if (json === true) return printJson(shell, answer);
        const { opened, uniqueOpened, clicked, uniqueClicked, machineOpened, machineClicked } = answer;
        const { totalSent, delivered, bounced, complained, failed } = answer;
        print(
          shell,
          `sent ${totalSent}, delivered ${delivered}, bounced ${bounced}, complained ${complained}, failed ${failed}`,
        );
        printTable(
          shell,
          ['', 'RECIPIENTS', 'TIMES', 'BY MACHINES'],
          [
            ['opened', uniqueOpened, opened, machineOpened],
            ['clicked', uniqueClicked, clicked, machineClicked],
          ],
        );
      });
    });
}

function pathOf(name: string): string {
  return `/v1/groups/${encodeURIComponent(name)}`;
}
