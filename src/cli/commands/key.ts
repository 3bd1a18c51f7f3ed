/** `iep key`: API keys, of tenants and of operators. A key is shown once, when it is made. */

import { type Command, Option } from 'commander';
import { localTime } from '../../core/time-text.ts';
import { scopes } from '../../db/verbs/keys.ts';
import { type Client, withClient } from '../client/client.ts';
import type { KeyJson, ListJson, NewKeyJson, TenantJson } from '../client/wire.ts';
import { confirmLoss } from '../confirm.ts';
import { Complaint } from '../failure.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, printTable, remark } from '../output.ts';
import type { Shell } from '../shell.ts';
import { collectList, duration, moment } from '../values.ts';
import { addMaster } from './master-key.ts';

const PATH = '/v1/admin/keys';

interface AddOptions extends Globals {
  readonly scopes?: string[];
  readonly name?: string;
  readonly expires?: number;
  readonly allowIp?: string[];
}

interface SetOptions extends Globals {
  readonly name?: string;
  readonly allowIp?: string[];
  readonly allowAnyIp?: true;
}

export function key(command: Command, shell: Shell): void {
  addAdd(command, shell);
  addList(command, shell);
  addShow(command, shell);
  addSet(command, shell);
  addRotate(command, shell);
  addRemove(command, shell);
  addMaster(command, shell);
}

function addAdd(command: Command, shell: Shell): void {
  command
    .command('add')
    .description('make a key and show it, once')
    .option('--scopes <scopes>', `what it may do: ${scopes.join(', ')}; several between commas`, collectList)
    .option('--name <name>', 'what it is for')
    .option('--expires <time>', 'when it ends: 90d, or 2027-12-31', moment(shell.clock.now(), 'future'))
    .option('--allow-ip <cidr>', 'networks or addresses it works from; several between commas', collectList)
    .addHelpText(
      'after',
      `
Without --scopes it may send and read. An operator's key (--scopes operator) belongs to no tenant.

Examples:
  $ iep key add --tenant acme --scopes send,read
  $ iep key add --tenant acme --name "billing job" --expires 365d --json | jq -r .key
  $ iep key add --scopes operator --name deploy --allow-ip 203.0.113.7,10.0.0.0/8
`,
    )
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<AddOptions>();
      const wanted = options.scopes ?? ['send', 'read'];
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const made = await client.json<NewKeyJson>('POST', PATH, {
          json: {
            scopes: wanted,
            ...(!wanted.includes('operator') && { tenant: client.tenant ?? (await onlyTenant(client)) }),
            ...(options.name !== undefined && { name: options.name }),
            ...(options.expires !== undefined && { expiresAt: new Date(options.expires).toISOString() }),
            ...(options.allowIp !== undefined && { allowedIps: options.allowIp }),
          },
        });
        showNew(shell, options, made);
      });
    });
}

/** The tenant meant when none was named: the only one there is. */
async function onlyTenant(client: Client): Promise<string> {
  const { items } = await client.json<ListJson<TenantJson>>('GET', '/v1/admin/tenants');
  const [first, second] = items;
  if (first !== undefined && second === undefined) return first.slug;
  throw new Complaint(
    64,
    first === undefined ? 'no tenant exists yet' : 'there are several tenants',
    first === undefined ? 'Make one: iep tenant add SLUG' : 'Name one: --tenant SLUG',
  );
}

function addList(command: Command, shell: Shell): void {
  command
    .command('list')
    .description('list the keys, of all tenants or of --tenant')
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const keys = await listKeys(client, options);
        if (options.json === true) return printJson(shell, keys);
        if (keys.length === 0) return print(shell, 'There are no keys; `iep key add` makes one.');
        printTable(
          shell,
          ['ID', 'PREFIX', 'TENANT', 'SCOPES', 'STATE', 'LAST USED', 'FROM', 'NAME'],
          keys.map((item) => [
            item.id,
            item.prefix,
            item.tenant ?? '(operator)',
            item.scopes.join(','),
            stateOf(item, shell.clock.now()),
            localTime(item.lastUsedAt) || 'never',
            item.allowedIps.join(',') || 'anywhere',
            item.name,
          ]),
        );
      });
    });
}

async function listKeys(client: Client, { tenant }: Globals): Promise<readonly KeyJson[]> {
  return (await client.json<ListJson<KeyJson>>('GET', PATH, { query: { tenant } })).items;
}

function addShow(command: Command, shell: Shell): void {
  command
    .command('show <id>')
    .description('show one key, by id or prefix; never the key itself')
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const found = await findKey(client, options, id);
        if (options.json === true) return printJson(shell, found);
        const lines = [
          ['key', `${found.prefix}…  ${found.id}`],
          ['name', found.name ?? ''],
          ['tenant', found.tenant ?? '(operator)'],
          ['scopes', found.scopes.join(', ')],
          ['state', stateOf(found, shell.clock.now())],
          ['made', localTime(found.createdAt)],
          ['expires', localTime(found.expiresAt) || 'never'],
          ['last used', localTime(found.lastUsedAt) || 'never'],
          ['works from', found.allowedIps.join(', ') || 'any address'],
        ] as const;
        for (const [label, value] of lines) print(shell, `${`${label}:`.padEnd(12)}${value}`);
      });
    });
}

async function findKey(client: Client, options: Globals, id: string): Promise<KeyJson> {
  const keys = await listKeys(client, options);
  const found = keys.find((item) => item.id === id || item.prefix === id || `iep_${item.prefix}` === id);
  if (found === undefined) throw new Complaint(65, `no key has the id ${id}`, '`iep key list` shows them all.');
  return found;
}

function addSet(command: Command, shell: Shell): void {
  command
    .command('set <id>')
    .description('change a key, by id or prefix; it holds within a second, everywhere')
    .option('--name <name>', 'what it is for')
    .option('--allow-ip <cidr>', 'the only networks or addresses it works from; several between commas', collectList)
    .option('--allow-any-ip', 'let it work from anywhere')
    .addHelpText(
      'after',
      '\nExamples:\n  $ iep key set ab12CD34 --allow-ip 203.0.113.0/24\n  $ iep key set ab12CD34 --allow-any-ip\n',
    )
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<SetOptions>();
      const allowedIps = options.allowAnyIp === true ? [] : options.allowIp;
      const json = {
        ...(options.name !== undefined && { name: options.name }),
        ...(allowedIps !== undefined && { allowedIps }),
      };
      if (Object.keys(json).length === 0) self.error('error: nothing to change was given');
      await withClient({ shell, globals: options }, async (client) => {
        const found = await findKey(client, options, id);
        const changed = await client.json<KeyJson>('PATCH', `${PATH}/${found.id}`, { json });
        if (options.json === true) printJson(shell, changed);
        else print(shell, `${changed.prefix} works from ${changed.allowedIps.join(', ') || 'any address'}`);
      });
    });
}

function addRotate(command: Command, shell: Shell): void {
  command
    .command('rotate <id>')
    .description('make a successor with the same scopes; the old key works on for a while')
    .addOption(
      new Option('--overlap <span>', 'how long the old key still works: 0s, 15m, 24h')
        .argParser(duration)
        .default(24 * 3_600_000, '24h'),
    )
    .addHelpText('after', '\nExample:\n  $ iep key rotate 019cf5b2-6a00-7000-8000-3f1c8a5d9e01 --overlap 1h\n')
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { overlap: number }>();
      await withClient({ shell, globals: options }, async (client) => {
        const { id: keyId } = await findKey(client, options, id);
        const made = await client.json<NewKeyJson>('POST', `${PATH}/${keyId}/rotate`, {
          json: { overlapSeconds: Math.round(options.overlap / 1000) },
        });
        showNew(shell, options, made);
        if (options.json === true) return;
        const until = localTime(shell.clock.now() + options.overlap);
        remark(shell, options.overlap === 0 ? 'The old key no longer works.' : `The old key works until ${until}.`);
      });
    });
}

function addRemove(command: Command, shell: Shell): void {
  command
    .command('remove <id>')
    .alias('revoke')
    .description('revoke a key; it stops working within a second, everywhere')
    .option('--yes', 'do not ask')
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { yes?: true }>();
      await withClient({ shell, globals: options }, async (client) => {
        const found = await findKey(client, options, id);
        const question = `Revoke the key ${found.prefix}${found.name === null ? '' : `, ${found.name}`}?`;
        if (!(await confirmLoss(shell, options, { command: 'key remove', question }))) {
          return remark(shell, 'Nothing was revoked.');
        }
        await client.call('DELETE', `${PATH}/${found.id}`);
        if (options.json === true) printJson(shell, { id: found.id, revoked: true });
        else print(shell, `${found.prefix} revoked`);
      });
    });
}

function showNew(shell: Shell, options: Globals, made: NewKeyJson): void {
  if (options.json === true) {
    printJson(shell, made);
    return;
  }
  print(shell, made.key);
  remark(shell, `Scopes: ${made.scopes.join(', ')}. This is the only time the key is shown.`);
}

function stateOf({ revokedAt, expiresAt }: KeyJson, now: number): string {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt === null) return 'active';
  return Date.parse(expiresAt) <= now ? 'expired' : `until ${localTime(expiresAt)}`;
}
