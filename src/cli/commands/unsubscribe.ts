/** `iep unsubscribe`: who turned off which mail. */

import type { Command } from 'commander';
import { localTime } from '../../core/time-text.ts';
import { withClient } from '../client/client.ts';
import { allRows } from '../client/rows.ts';
import type { UnsubscribePutJson, UnsubscribeRowJson } from '../client/wire.ts';
import type { Globals } from '../globals.ts';
import { ofSeveralTenants } from '../messages.ts';
import { print, printJson, printTable, visible } from '../output.ts';
import type { Shell } from '../shell.ts';
import { wholeNumber } from '../values.ts';

const PATH = '/v1/unsubscribes';
const ALL = 'all that can be turned off';

export function unsubscribe(command: Command, shell: Shell): void {
  command.addHelpText(
    'after',
    `
Recipients do it themselves by the link of mail that was sent with --unsubscribe CATEGORY; this is for those who asked otherwise.

Example:
  $ iep unsubscribe add jo@example.com --category news --tenant acme
`,
  );
  addAdd(command, shell);
  addList(command, shell);
  addRemove(command, shell);
}

interface Category extends Globals {
  readonly category?: string;
}

function addAdd(command: Command, shell: Shell): void {
  command
    .command('add <email>')
    .description('turn off mail for an address that asked for it: of one category, or all that can be turned off')
    .option('--category <name>', 'the category that mail is sent with: --unsubscribe NAME')
    .addHelpText(
      'after',
      `
Examples:
  $ iep unsubscribe add jo@example.com --category news --tenant acme
  $ iep unsubscribe add jo@example.com --tenant acme
`,
    )
    .action(async (email: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Category>();
      const { category } = options;
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const json = { email, ...(category !== undefined && { category }) };
        const put = await client.json<UnsubscribePutJson>('POST', PATH, { json });
        if (options.json === true) return printJson(shell, put);
        const before = put.change === 'unchanged' ? 'already ' : '';
        print(shell, `${put.email} ${before}unsubscribed: ${visible(put.category ?? ALL)}`);
      });
    });
}

function addList(command: Command, shell: Shell): void {
  command
    .command('list')
    .description('list who turned off which mail, newest first')
    .option('--q <text>', 'addresses that hold this')
    .option('--category <name>', 'only this category')
    .option('--limit <n>', 'at most so many', wholeNumber, 200)
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Category & { q?: string; limit: number }>();
      const { q, category, limit } = options;
      await withClient({ shell, globals: options }, async (client) => {
        const found = await allRows<UnsubscribeRowJson>(client, PATH, { query: { q, category }, limit });
        if (options.json === true) return printJson(shell, found);
        if (found.length === 0) return print(shell, 'Nobody turned mail off.');
        const ofSeveral = ofSeveralTenants(found);
        printTable(
          shell,
          [...(ofSeveral ? ['TENANT'] : []), 'EMAIL', 'CATEGORY', 'SINCE', 'BY'],
          found.map(({ tenant, email, category: off, createdAt, way }) => [
            ...(ofSeveral ? [tenant] : []),
            ...[email, off ?? `(${ALL})`, localTime(createdAt), way],
          ]),
        );
      });
    });
}

function addRemove(command: Command, shell: Shell): void {
  command
    .command('remove <email>')
    .description('turn mail on again for an address: of one category, or all that it turned off')
    .option('--category <name>', 'only this category')
    .action(async (email: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Category>();
      const { category } = options;
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        await client.call('DELETE', `${PATH}/${encodeURIComponent(email)}`, { query: { category } });
        if (options.json === true) printJson(shell, { email, category: category ?? null, removed: true });
        else print(shell, `${email} is mailed again`);
      });
    });
}
