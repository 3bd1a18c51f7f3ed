/** `iep tenant`: the products and teams that send through this platform. */

import type { Command } from 'commander';
import { withClient } from '../client.ts';
import { confirm } from '../confirm.ts';
import type { Globals } from '../globals.ts';
import { localTime, print, printJson, printTable, remark } from '../output.ts';
import type { Shell } from '../shell.ts';
import { wholeNumber } from '../values.ts';
import type { ListJson, TenantJson } from '../wire.ts';

interface SettingOptions extends Globals {
  readonly name?: string;
  readonly primary?: string;
  readonly fallback?: string;
  readonly unknownOutcome?: string;
  readonly maxAttempts?: number;
  readonly active?: boolean;
  readonly inactive?: true;
}

const PATH = '/v1/admin/tenants';

export function tenant(command: Command, shell: Shell): void {
  addAdd(command, shell);
  addList(command, shell);
  addShow(command, shell);
  addSet(command, shell);
  addRemove(command, shell);
}

function addSettings(command: Command): Command {
  return command
    .option('--name <name>', 'name for people')
    .option('--primary <provider>', 'provider that its mail goes out through; `none` for the platform’s route')
    .option('--fallback <provider>', 'provider to use while the primary is unavailable; `none` for the platform’s')
    .option(
      '--unknown-outcome <policy>',
      'when it is unknown whether mail went out: `retry` (may come twice) or `hold`',
    )
    .option('--max-attempts <n>', 'attempts before a message becomes a dead letter', wholeNumber);
}

/** The settings given; `none` takes one away. */
function settingsOf(options: SettingOptions): Record<string, string | number | null> {
  const route = (value: string | undefined) => (value === 'none' ? null : value);
  const given = {
    primary: route(options.primary),
    fallback: route(options.fallback),
    unknownOutcome: options.unknownOutcome,
    maxAttempts: options.maxAttempts,
  };
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
}

function addAdd(command: Command, shell: Shell): void {
  addSettings(command.command('add <slug>').description('add a tenant'))
    .addHelpText('after', '\nExample:\n  $ iep tenant add acme --name "Acme Shop" --primary relay\n')
    .action(async (slug: string, _options, self: Command) => {
      const options = self.optsWithGlobals<SettingOptions>();
      const settings = settingsOf(options);
      const json = {
        slug,
        ...(options.name === undefined ? {} : { name: options.name }),
        ...(Object.keys(settings).length === 0 ? {} : { settings }),
      };
      await withClient({ shell, globals: options, make: true }, async (client) => {
        const made = await client.json<TenantJson>('POST', PATH, { json });
        if (options.json === true) return printJson(shell, made);
        print(shell, `${made.slug}  ${made.id}`);
        remark(shell, `Give it a key: iep key add --tenant ${made.slug} --scopes send,read`);
      });
    });
}

function addList(command: Command, shell: Shell): void {
  command
    .command('list')
    .description('list the tenants')
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const { items } = await client.json<ListJson<TenantJson>>('GET', PATH);
        if (options.json === true) return printJson(shell, items);
        if (items.length === 0) return print(shell, 'There is no tenant yet; `iep tenant add SLUG` makes one.');
        printTable(
          shell,
          ['SLUG', 'NAME', 'STATE', 'ROUTE', 'SENDER DOMAINS', 'SINCE'],
          items.map((item) => [
            item.slug,
            item.name,
            stateOf(item),
            [item.settings.primary, item.settings.fallback].filter(Boolean).join(', ') || 'platform’s',
            item.senderDomains.join(', ') || 'any',
            localTime(item.createdAt),
          ]),
        );
      });
    });
}

function addShow(command: Command, shell: Shell): void {
  command
    .command('show <slug>')
    .description('show one tenant')
    .action(async (slug: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        show(shell, options, await client.json<TenantJson>('GET', `${PATH}/${encodeURIComponent(slug)}`));
      });
    });
}

function addSet(command: Command, shell: Shell): void {
  addSettings(command.command('set <slug>').description('change a tenant'))
    .option('--active', 'let it send')
    .option('--inactive', 'refuse its mail and its keys')
    .addHelpText(
      'after',
      '\nExamples:\n  $ iep tenant set acme --primary relay --fallback none\n  $ iep tenant set acme --inactive\n',
    )
    .action(async (slug: string, _options, self: Command) => {
      const options = self.optsWithGlobals<SettingOptions>();
      const settings = settingsOf(options);
      const active = options.inactive === true ? false : options.active;
      const json = {
        ...(options.name === undefined ? {} : { name: options.name }),
        ...(active === undefined ? {} : { active }),
        ...(Object.keys(settings).length === 0 ? {} : { settings }),
      };
      if (Object.keys(json).length === 0) self.error('error: nothing to change was given');
      await withClient({ shell, globals: options }, async (client) => {
        show(shell, options, await client.json<TenantJson>('PATCH', `${PATH}/${encodeURIComponent(slug)}`, { json }));
      });
    });
}

function addRemove(command: Command, shell: Shell): void {
  command
    .command('remove <slug>')
    .description('remove a tenant with all its mail, keys and lists')
    .option('--force', 'even while it owes mail')
    .option('--yes', 'do not ask')
    .action(async (slug: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { force?: true; yes?: true }>();
      const question = `Remove tenant ${slug} with all its messages and keys?`;
      if (options.yes !== true && !(await confirm(shell, question))) return remark(shell, 'Nothing was removed.');
      await withClient({ shell, globals: options }, async (client) => {
        await client.call('DELETE', `${PATH}/${encodeURIComponent(slug)}`, {
          query: { force: options.force === true ? 'true' : undefined },
        });
        if (options.json === true) printJson(shell, { slug, removed: true });
        else print(shell, `${slug} removed`);
      });
    });
}

function show(shell: Shell, options: Globals, item: TenantJson): void {
  if (options.json === true) {
    printJson(shell, item);
    return;
  }
  const lines = [
    ['tenant', `${item.slug}  ${item.id}`],
    ['name', item.name],
    ['state', stateOf(item)],
    ['primary', item.settings.primary ?? 'the platform’s'],
    ['fallback', item.settings.fallback ?? 'the platform’s'],
    ['unknown outcome', item.settings.unknownOutcome ?? 'retry'],
    ['max attempts', item.settings.maxAttempts ?? 'the platform’s'],
    ['sender domains', item.senderDomains.join(', ') || 'any'],
    ['since', localTime(item.createdAt)],
  ] as const;
  for (const [label, value] of lines) print(shell, `${`${label}:`.padEnd(17)}${value}`);
}

function stateOf(item: TenantJson): string {
  if (!item.active) return 'inactive';
  return item.paused ? 'paused' : 'active';
}
