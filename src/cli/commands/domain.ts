/** `iep domain`: the sender domains a tenant may use. While it has none, it may use any. */

import type { Command } from 'commander';
import { withClient } from '../client.ts';
import type { Globals } from '../globals.ts';
import { print, printJson } from '../output.ts';
import type { Shell } from '../shell.ts';
import type { DomainJson, ListJson } from '../wire.ts';

const PATH = '/v1/domains';

export function domain(command: Command, shell: Shell): void {
  command
    .command('add <domain>')
    .description('allow a sender domain')
    .addHelpText('after', '\nExample:\n  $ iep domain add example.com --tenant acme\n')
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const added = await client.json<DomainJson>('POST', PATH, { json: { domain: name } });
        if (options.json === true) printJson(shell, added);
        else print(shell, `${added.domain} allowed`);
      });
    });
  command
    .command('list')
    .description('list the allowed sender domains')
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const { items } = await client.json<ListJson<DomainJson>>('GET', PATH);
        if (options.json === true) return printJson(shell, items);
        if (items.length === 0) return print(shell, 'None: this tenant may send from any domain.');
        for (const item of items) print(shell, item.domain);
      });
    });
  command
    .command('remove <domain>')
    .description('no longer allow a sender domain')
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        await client.call('DELETE', `${PATH}/${encodeURIComponent(name)}`);
        if (options.json === true) printJson(shell, { domain: name, removed: true });
        else print(shell, `${name} removed`);
      });
    });
}
