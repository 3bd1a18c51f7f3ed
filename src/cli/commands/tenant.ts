/** `iep tenant`: the products and teams that send through this platform. */

import type { Command } from 'commander';
import { localTime } from '../../core/time-text.ts';
import { withClient } from '../client/client.ts';
import type { ListJson, TenantJson } from '../client/wire.ts';
import { confirmLoss } from '../confirm.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, printTable, remark } from '../output.ts';
import type { Shell } from '../shell.ts';
import { addSettingFlags, givenSettings, settingLines } from '../tenant-flags.ts';

interface TenantOptions extends Globals {
  readonly name?: string;
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

function addName(command: Command): Command {
  return command.option('--name <name>', 'name for people');
}

function addAdd(command: Command, shell: Shell): void {
  addSettingFlags(addName(command.command('add <slug>').description('add a tenant')))
    .addHelpText(
      'after',
      '\nExample:\n  $ iep tenant add acme --name "Acme Shop" --primary relay --rate-per-minute 600\n',
    )
    .action(async (slug: string, _options, self: Command) => {
      const options = self.optsWithGlobals<TenantOptions>();
      const settings = givenSettings({ ...options });
      const json = {
        slug,
        ...(options.name !== undefined && { name: options.name }),
        ...(Object.keys(settings).length > 0 && { settings }),
      };
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const made = await client.json<TenantJson>('POST', PATH, { json });
        if (options.json === true) return printJson(shell, made);
        print(shell, `${made.slug}  ${made.id}`);
        remark(shell, `Give it a key: iep key add --tenant ${made.slug} --scopes send,read`);
        if (made.settings.anySender !== true) {
          remark(shell, `Say what it may send from: iep domain add DOMAIN --tenant ${made.slug}`);
        }
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
        if (items.length === 0) return print(shell, 'No tenant exists yet; `iep tenant add SLUG` makes one.');
        printTable(
          shell,
          ['SLUG', 'NAME', 'STATE', 'ROUTE', 'SENDER DOMAINS', 'SINCE'],
          items.map((item) => [
            item.slug,
            item.name,
            stateOf(item),
            [item.settings.primary, item.settings.fallback].filter(Boolean).join(', ') || 'platform’s',
            [...item.senderDomains, ...(item.settings.anySender === true ? ['any'] : [])].join(', ') || 'none',
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
  const set = addName(command.command('set <slug>').description('change a tenant'))
    .option('--active', 'let it send')
    .option('--inactive', 'refuse its mail and its keys, and keep what it has waiting');
  addSettingFlags(set)
    .addHelpText(
      'after',
      `
What the configuration file says of a tenant stands; change it there.

Examples:
  $ iep tenant set acme --primary relay --fallback none
  $ iep tenant set acme --rate-per-minute 600 --rate-per-day 100000
  $ iep tenant set staging --recipient-domains example.com --sending off
  $ iep tenant set acme --inactive
`,
    )
    .action(async (slug: string, _options, self: Command) => {
      const options = self.optsWithGlobals<TenantOptions>();
      const settings = givenSettings({ ...options });
      const active = options.inactive === true ? false : options.active;
      const json = {
        ...(options.name !== undefined && { name: options.name }),
        ...(active !== undefined && { active }),
        ...(Object.keys(settings).length > 0 && { settings }),
      };
      if (Object.keys(json).length === 0) self.error('error: nothing to change was given');
      await withClient({ shell, globals: options }, async (client) => {
        const item = await client.json<TenantJson>('PATCH', `${PATH}/${encodeURIComponent(slug)}`, { json });
        show(shell, options, item);
        sayUnused(shell, item, settings);
        sayTooLate(shell, item, settings);
      });
    });
}

/** A route counts instead of primary and fallback, so that one of these changes nothing beside it. */
function sayUnused(shell: Shell, { slug, settings }: TenantJson, given: ReturnType<typeof givenSettings>): void {
  const isGiven = [given.primary, given.fallback].some((name) => typeof name === 'string');
  if (!isGiven || settings.route === undefined) return;
  remark(
    shell,
    `The route (${settings.route.join(', ')}) counts, not primary and fallback; \`iep tenant set ${slug} --route none\` takes it away.`,
  );
}

/** The brake acts when a rate becomes too high, and it is. */
function sayTooLate(
  shell: Shell,
  { slug, paused, rates = [] }: TenantJson,
  given: ReturnType<typeof givenSettings>,
): void {
  const isTooHigh = rates.some(({ rate, isTooHigh }) => rate === 'complained' && isTooHigh);
  if (String(given.pauseOnComplaintRate) !== 'true' || paused || !isTooHigh) return;
  remark(
    shell,
    `The rate of complaints is too high already, so its queue is not paused; \`iep queue pause --tenant ${slug}\` does that.`,
  );
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
      if (!(await confirmLoss(shell, options, { command: 'tenant remove', question }))) {
        return remark(shell, 'Nothing was removed.');
      }
      await withClient({ shell, globals: options }, async (client) => {
        const { status } = await client.call('DELETE', `${PATH}/${encodeURIComponent(slug)}`, {
          query: { force: options.force === true ? 'true' : undefined },
        });
        const isGone = status === 204;
        if (options.json === true) printJson(shell, { slug, removed: isGone, removing: !isGone });
        else if (isGone) print(shell, `${slug} removed`);
        else print(shell, `${slug} is closed; the daemon takes away what it had. iep tenant list shows it until then.`);
      });
    });
}

function show(shell: Shell, options: Globals, item: TenantJson): void {
  if (options.json === true) {
    printJson(shell, item);
    return;
  }
  const fromConfig = new Set(item.fromConfig);
  const lines = [
    ['', 'tenant', `${item.slug}  ${item.id}`],
    ['name', 'name', item.name],
    ['active', 'state', stateOf(item)],
    ...(item.pausedReason === null ? [] : [['', 'paused', `by IEP: ${item.pausedReason}`] as const]),
    ['senderDomains', 'sender domains', senderDomainsOf(item)],
    ...(item.rates ?? []).map((one) => ['', `rate of ${one.rate}`, rateOf(one)] as const),
    ...settingLines(item.settings),
    ['', 'since', localTime(item.createdAt)],
  ] as const;
  for (const [name, label, value] of lines) {
    const source = fromConfig.has(name) ? '   (from the configuration)' : '';
    print(shell, `${`${label}:`.padEnd(29)}${value}${source}`);
  }
}

function rateOf({ value, isTooHigh }: NonNullable<TenantJson['rates']>[number]): string {
  return `${(value * 100).toFixed(2)} %${isTooHigh ? ', too high' : ''}`;
}

function senderDomainsOf({ senderDomains, verifiedDomains }: TenantJson): string {
  const verified = new Set(verifiedDomains);
  return senderDomains.map((domain) => (verified.has(domain) ? `${domain} (verified)` : domain)).join(', ') || 'none';
}

function stateOf(item: TenantJson): string {
  if (item.removing) return 'removing';
  if (!item.active) return 'inactive';
  if (item.paused) return 'paused';
  return item.settings.sending === 'off' ? 'sending off' : 'active';
}
