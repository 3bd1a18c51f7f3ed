/** `iep provider`: the ways out: those of the configuration, and those made here, which a daemon takes up at once. */

import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { keysOf } from '../../config/keys.ts';
import { resolveValues } from '../../config/resolve.ts';
import type { FieldError } from '../../core/errors.ts';
import { isSecretName } from '../../core/secret-names.ts';
import { localTime } from '../../core/time-text.ts';
import { providerFlags, providerSchema, providerTypes, secretNames, targetOf } from '../../message/providers/index.ts';
import { type Client, withClient } from '../client/client.ts';
import type { ListJson, ProviderJson, ProviderTestJson } from '../client/wire.ts';
import { flatten } from '../config-text.ts';
import { confirmLoss } from '../confirm.ts';
import { Complaint, Exit } from '../failure.ts';
import { readNamedFile } from '../files.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, printTable, remark, visible, visibleLines } from '../output.ts';
import type { Shell } from '../shell.ts';
import { assignment } from '../values.ts';

const PATH = '/v1/admin/providers';
const orList = new Intl.ListFormat('en-GB', { type: 'disjunction' });

/** Beside these, what the flags of the settings say: by the setting, or by its file where it is a secret. */
interface SettingOptions extends Globals {
  readonly type?: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly unset?: readonly string[];
}

export function provider(command: Command, shell: Shell): void {
  command.addHelpText(
    'after',
    `
What stands in the configuration wins and is changed there; what is made here is kept in the store, sealed.

Examples:
  $ iep provider add relay --type smtp --host smtp.example.com --username iep --password-file relay.password
  $ iep provider list
  $ iep provider test relay --to you@example.com
  $ iep provider set relay --max-per-second 14
  $ iep tenant set acme --primary relay
`,
  );
  addAdd(command, shell);
  addList(command, shell);
  addShow(command, shell);
  addSet(command, shell);
  addRemove(command, shell);
  addTest(command, shell);
}

/** `option`: as commander calls it, in which a secret is named by its file. */
const flags = Object.entries(providerFlags).map(([setting, flag]) => {
  const isSecret = secretNames.includes(setting);
  return { ...flag, setting, isSecret, option: isSecret ? `${setting}File` : setting };
});

function addSettings(command: Command): Command {
  for (const { option, value, help } of flags) {
    command.option(`--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} <${value}>`, help);
  }
  return command.option(
    '--set <key=value>',
    'any other setting, by its name in the configuration; may be repeated',
    assignment,
  );
}

/** The settings given, as the configuration would read them: a value may be `env:NAME` or `file:PATH`. */
async function settingsOf(shell: Shell, options: SettingOptions): Promise<Record<string, unknown>> {
  refuseBareSecrets(options.set ?? {});
  const said = flags.flatMap((flag) => {
    const value = (options as Readonly<Record<string, unknown>>)[flag.option];
    return typeof value === 'string' ? [{ ...flag, value }] : [];
  });
  const secrets: Record<string, string> = {};
  for (const { setting, value } of said.filter(({ isSecret }) => isSecret)) {
    secrets[setting] = (await readNamedFile(shell, value)).toString('utf8').replace(/\r?\n$/, '');
  }
  const plain = said.filter(({ isSecret }) => !isSecret).map(({ setting, value }) => [setting, value] as const);
  const { type } = options;
  const document = nested([
    ...(type === undefined ? [] : [['type', type] as const]),
    ...plain,
    ...Object.entries(options.set ?? {}),
    ...(options.unset ?? []).map((name) => [name, null] as const),
  ]);
  const errors: FieldError[] = [];
  const sources = { env: shell.env, directory: '' };
  const resolved = resolveValues(document, { key: keysOf(providerSchema), path: [] }, sources, errors) as Record<
    string,
    unknown
  >;
  const [first] = errors;
  if (first) throw new Complaint(64, `${first.path}: ${first.message}`, 'A value may be `env:NAME` or `file:PATH`.');
  return { ...resolved, ...secrets };
}

/** `oauth2.scope` is the setting `scope` of the group `oauth2`. */
function nested(settings: readonly (readonly [path: string, value: unknown])[]): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const [path, value] of settings) {
    const names = path.split('.');
    const last = names.pop() ?? path;
    let group = all;
    for (const name of names) {
      if (!Object.hasOwn(group, name) || typeof group[name] !== 'object') group[name] = {};
      group = group[name] as Record<string, unknown>;
    }
    group[last] = value;
  }
  return all;
}

/** Other users of the machine see a command line, and the shell keeps it. */
function refuseBareSecrets(set: Readonly<Record<string, string>>): void {
  const holdsSecret = (name: string) =>
    isSecretName(name) || secretNames.some((secret) => secret.startsWith(`${name}.`));
  const bare = Object.keys(set).find((name) => holdsSecret(name) && !/^(?:env|file):/.test(set[name] ?? ''));
  if (bare === undefined) return;
  throw new Complaint(
    64,
    `--set ${bare} would show a secret to everybody who lists processes`,
    `--set ${bare}=file:PATH`,
  );
}

function addAdd(command: Command, shell: Shell): void {
  const add = command
    .command('add <name>')
    .description('add a provider')
    .requiredOption('--type <type>', orList.format(providerTypes.map(({ type }) => type)));
  addSettings(add).action(async (name: string) => {
    const options = add.optsWithGlobals<SettingOptions>();
    const settings = await settingsOf(shell, options);
    await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
      const made = await client.json<ProviderJson>('POST', PATH, { json: { name, settings } });
      if (options.json === true) return printJson(shell, made);
      print(shell, `${made.name}  ${made.type}`);
      remark(shell, `See whether it works: iep provider test ${made.name}`);
    });
  });
}

function addList(command: Command, shell: Shell): void {
  const list = command.command('list').description('list the providers, and how each is doing');
  list.action(async () => {
    const options = list.optsWithGlobals<Globals>();
    await withClient({ shell, globals: options }, async (client) => {
      const { items } = await client.json<ListJson<ProviderJson>>('GET', PATH);
      if (options.json === true) return printJson(shell, items);
      if (items.length === 0) return print(shell, 'No provider exists yet; `iep provider add` makes one.');
      printTable(
        shell,
        ['NAME', 'TYPE', 'FROM', 'WHERE', 'BREAKER', 'HEALTH', 'IN FLIGHT'],
        items.map((one) => [
          one.name,
          one.type,
          one.source,
          targetOf({ ...one.settings, type: one.type }),
          one.state?.breaker.state.replace('_', ' '),
          healthOf(one),
          one.state?.inFlight,
        ]),
      );
      if (items.every(({ state }) => state === null)) {
        remark(shell, 'Only the daemon knows how they are doing, and none answers here: `iep serve` starts it.');
      }
    });
  });
}

function healthOf({ state, problem }: ProviderJson): string {
  if (problem !== null) return problem;
  const health = state?.health;
  return health ? (health.ok ? 'ok' : health.detail) : '';
}

function addShow(command: Command, shell: Shell): void {
  const show = command.command('show <name>').description('show one provider; secrets are never shown');
  show.action(async (name: string) => {
    const options = show.optsWithGlobals<Globals>();
    await withClient({ shell, globals: options }, async (client) =>
      printProvider(shell, options, await find(client, name)),
    );
  });
}

function addSet(command: Command, shell: Shell): void {
  const set = command.command('set <name>').description('change a provider that was made by command');
  addSettings(set)
    .option('--unset <key>', 'take a setting away; may be repeated', (key, before: string[] = []) => [...before, key])
    .action(async (name: string) => {
      const options = set.optsWithGlobals<SettingOptions>();
      const settings = await settingsOf(shell, options);
      if (Object.keys(settings).length === 0) set.error('error: nothing to change was given');
      await withClient({ shell, globals: options }, async (client) => {
        const changed = await client.json<ProviderJson>('PATCH', pathOf(name), { json: { settings } });
        printProvider(shell, options, changed);
      });
    });
}

function addRemove(command: Command, shell: Shell): void {
  const remove = command
    .command('remove <name>')
    .description('remove a provider that was made by command')
    .option('--force', 'even while a route names it')
    .option('--yes', 'do not ask');
  remove.action(async (name: string) => {
    const options = remove.optsWithGlobals<Globals & { force?: true; yes?: true }>();
    const question = `Remove the provider ${name}?`;
    if (!(await confirmLoss(shell, options, { command: 'provider remove', question }))) {
      return remark(shell, 'Nothing was removed.');
    }
    await withClient({ shell, globals: options }, async (client) => {
      const query = { force: options.force === true ? 'true' : undefined };
      await client.call('DELETE', pathOf(name), { query });
      if (options.json === true) printJson(shell, { name, removed: true });
      else print(shell, `${name} removed`);
    });
  });
}

function addTest(command: Command, shell: Shell): void {
  const test = command
    .command('test <name>')
    .description('connect and log in; with --to also send a small message; exits with 69 where it fails')
    .option('--to <address>', 'send a small message there, past queue and breaker', addressOption)
    .option('--from <address>', 'sender of that message', addressOption);
  test.action(async (name: string) => {
    const options = test.optsWithGlobals<Globals & { to?: string; from?: string }>();
    await withClient({ shell, globals: options }, async (client) => {
      // Over the local store it is this process that logs in, so the password has to be here.
      if (client.local !== undefined) (await import('../client/read-config.ts')).readLocalConfig(shell, options);
      const { to, from } = options;
      const json = { ...(to === undefined ? {} : { to }), ...(from === undefined ? {} : { from }) };
      const result = await client.json<ProviderTestJson>('POST', `${pathOf(name)}/test`, { json });
      if (options.json === true) printJson(shell, result);
      else printTest(shell, name, result);
      if (!result.ok) throw new Exit(69);
    });
  });
}

function printTest(shell: Shell, name: string, { ok, detail, sent }: ProviderTestJson): void {
  print(
    shell,
    `${name}: ${ok ? 'ok' : 'FAILED'}: ${visible(sent === null ? detail : `${sent.outcome}: ${sent.reply}`)}`,
  );
  if (sent?.transcript !== undefined) print(shell, visibleLines(sent.transcript));
}

function addressOption(value: string): string {
  if (/^[^\s@]+@\S+$/.test(value)) return value;
  throw new InvalidArgumentError('It takes an address such as you@example.com.');
}

function pathOf(name: string): string {
  return `${PATH}/${encodeURIComponent(name)}`;
}

function find(client: Client, name: string): Promise<ProviderJson> {
  return client.json<ProviderJson>('GET', pathOf(name));
}

function printProvider(shell: Shell, options: Globals, it: ProviderJson): void {
  if (options.json === true) {
    printJson(shell, it);
    return;
  }
  const { state } = it;
  const lines: readonly (readonly [string, string | number | null | undefined])[] = [
    ['provider', it.name],
    ['from', it.source],
    ['problem', it.problem],
    ...flatten(it.settings),
    ['can', it.capabilities ? abilities(it.capabilities) : null],
    ['breaker', state?.breaker.state.replace('_', ' ')],
    ['tried again', localTime(state?.breaker.retryAt)],
    ['left alone until', localTime(state?.throttledUntil)],
    ['in flight', state?.inFlight],
    ['waiting there', state?.waiting],
    ['health', state?.health?.detail],
    ['checked', localTime(state?.health?.checkedAt)],
    ['since', localTime(it.createdAt)],
    ['changed', localTime(it.updatedAt)],
  ];
  for (const [label, value] of lines) {
    if (value !== null && value !== undefined && value !== '')
      print(shell, `${`${label}:`.padEnd(27)} ${visible(String(value))}`);
  }
}

function abilities(can: NonNullable<ProviderJson['capabilities']>): string {
  return [
    can.raw ? 'whole messages' : undefined,
    can.attachments ? 'attachments' : undefined,
    can.idempotency ? 'idempotency' : undefined,
    can.events ? 'events' : undefined,
    can.maxRecipients === null ? undefined : `${can.maxRecipients} recipients a request`,
    can.maxBytes === null ? undefined : `${Math.floor(can.maxBytes / 1024 / 1024)} MiB`,
  ]
    .filter((one) => one !== undefined)
    .join(', ');
}
