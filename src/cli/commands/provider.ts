/** `iep provider`: the ways out: those of the configuration, and those made here, which a daemon takes up at once. */

import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { flatten } from '../../config/settings.ts';
import { shorten } from '../../core/shown.ts';
import { localTime } from '../../core/time-text.ts';
import { providerTypes } from '../../message/providers/index.ts';
import { type Client, withClient } from '../client/client.ts';
import type { ListJson, ProviderJson, ProviderTestJson } from '../client/wire.ts';
import { confirmLoss } from '../confirm.ts';
import { Exit } from '../failure.ts';
import type { Globals } from '../globals.ts';
import { outcomeWord } from '../message-text.ts';
import { print, printJson, printTable, remark, visible, visibleLines } from '../output.ts';
import { addSettings, changesLogin, inFlags, type SettingOptions, settingsOf, withType } from '../provider-settings.ts';
import type { Shell } from '../shell.ts';

const PATH = '/v1/admin/providers';
/** Characters of a table's cell. */
const SHOWN_HEALTH = 60;
const types = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(providerTypes.map(({ type }) => type));

export function provider(command: Command, shell: Shell): void {
  command.addHelpText(
    'after',
    `
What stands in the configuration wins and is changed there; what is made here is kept in the store, sealed.

Examples:
  $ iep provider add sendgrid --api-key-file sendgrid.key
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
  addPause(command, shell);
  addRemove(command, shell);
  addTest(command, shell);
}

function addAdd(command: Command, shell: Shell): void {
  const add = command
    .command('add <name>')
    .description('add a provider, and see whether it works')
    .option('--type <type>', `${types}; a name that is one of these needs none`)
    .option('--no-test', 'do not connect');
  addSettings(add)
    .addHelpText(
      'after',
      '\nIt is kept, with exit code 0, also where it does not work yet: `iep provider test NAME` exits with 69 then.\n\nExample:\n  $ iep provider add ses --region eu-central-1 --access-key-id AKIA… --secret-access-key-file ses.secret\n',
    )
    .action(async (name: string) => {
      const options = withType(add.optsWithGlobals<SettingOptions & { test: boolean }>(), name);
      const settings = await settingsOf(shell, options);
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const made = await told(client.json<ProviderJson>('POST', PATH, { json: { name, settings } }));
        const test = options.test ? await testOf(client, made.name, {}) : undefined;
        if (options.json === true) return printJson(shell, { ...made, ...(test && { test }) });
        print(shell, `${made.name}  ${made.type}`);
        if (test === undefined) return remark(shell, `See whether it works: iep provider test ${made.name}`);
        remark(shell, testLine(made.name, test));
        if (!test.ok) remark(shell, `It is kept; \`iep provider set ${made.name}\` changes it.`);
      });
    });
}

/** What is refused of the settings is named as it was given. */
async function told<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw inFlags(error);
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
        ['NAME', 'TYPE', 'FROM', 'WHERE', 'STATE', 'IN FLIGHT', 'HEALTH'],
        items.map((one) => [
          one.name,
          one.type,
          one.source,
          one.where,
          standingOf(one.state),
          one.state?.inFlight,
          healthOf(one),
        ]),
      );
      if (items.every(({ state }) => state === null)) {
        remark(shell, 'Only the daemon knows how they are doing, and none answers here: `iep serve` starts it.');
      }
    });
  });
}

function standingOf(state: ProviderJson['state']): string | undefined {
  if (state === null) return undefined;
  const { paused, breaker, throttledUntil } = state;
  if (paused) return 'paused';
  if (breaker.account) return 'refused';
  if (breaker.state !== 'closed') return `breaker ${breaker.state.replace('_', ' ')}`;
  return throttledUntil === null ? 'ready' : `throttled until ${localTime(throttledUntil)}`;
}

/** Its first words; `iep provider show` has them all. */
function healthOf({ state, problem }: ProviderJson): string {
  if (problem !== null) return shorten(problem, SHOWN_HEALTH);
  const health = state?.health;
  return health ? (health.ok ? 'ok' : shorten(health.detail, SHOWN_HEALTH)) : '';
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
  const set = command
    .command('set <name>')
    .description('change a provider that was made by command; a secret that it logs in with is tried at once');
  addSettings(set)
    .option('--no-test', 'do not connect')
    .option('--unset <key>', 'take a setting away; may be repeated', (key, before: string[] = []) => [...before, key])
    .action(async (name: string) => {
      const options = set.optsWithGlobals<SettingOptions & { test: boolean }>();
      const settings = await settingsOf(shell, options);
      if (Object.keys(settings).length === 0)
        set.error(
          options.apiKey === undefined
            ? 'error: nothing to change was given'
            : 'error: nothing to change was given: --api-key is for the daemon, and --api-key-file has the key of the vendor',
        );
      await withClient({ shell, globals: options }, async (client) => {
        const changed = await told(client.json<ProviderJson>('PATCH', pathOf(name), { json: { settings } }));
        const test = options.test && changesLogin(settings) ? await testOf(client, name, {}) : undefined;
        if (options.json === true) return printJson(shell, { ...changed, ...(test && { test }) });
        printProvider(shell, options, changed);
        if (test === undefined) return remark(shell, `See whether it works: iep provider test ${name}`);
        remark(shell, testLine(name, test));
      });
    });
}

function addPause(command: Command, shell: Shell): void {
  for (const [verb, paused] of [
    ['pause', true],
    ['resume', null],
  ] as const) {
    const change = command
      .command(`${verb} <name>`)
      .description(paused ? 'give it no mail until it is resumed' : 'give a paused provider mail again')
      .addHelpText('after', `\n${PAUSED}\n\nExample:\n  $ iep provider ${verb} ses\n`);
    change.action(async (name: string) => {
      const options = change.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const changed = await client.json<ProviderJson>('PATCH', pathOf(name), { json: { settings: { paused } } });
        if (options.json === true) printJson(shell, changed);
        else print(shell, `${name} ${paused ? 'paused' : 'resumed'}`);
      });
    });
  }
}

const PAUSED = `Mail of a paused provider goes by the next one of its route, and waits where there is none; what is under way there is finished.
One of the configuration is paused there: paused: true, and SIGHUP.`;

function addRemove(command: Command, shell: Shell): void {
  const remove = command
    .command('remove <name>')
    .description('remove a provider that was made by command')
    .addHelpText('after', `\n${RENAMED}\n`)
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
      remark(shell, RENAMED);
    });
  });
}

const RENAMED = `Messages keep the name of the provider that sent them, so later bounces and deliveries of its mail find no message any more. If the same account goes on
under another name, \`iep provider add NEW --former-names OLD …\` lets them find it.`;

function addTest(command: Command, shell: Shell): void {
  const test = command
    .command('test <name>')
    .description('connect and log in; with --to also send a small message; exits with 69 where it fails')
    .option('--to <address>', 'send a small message there, past queue and breaker', addressOption)
    .option('--from <address>', 'sender of that message; vendors take only what is verified there', addressOption);
  test.action(async (name: string) => {
    const options = test.optsWithGlobals<Globals & { to?: string; from?: string }>();
    await withClient({ shell, globals: options }, async (client) => {
      // Over the local store it is this process that logs in, so the password has to be here.
      if (client.local !== undefined) (await import('../client/read-config.ts')).readLocalConfig(shell, options);
      const { to, from } = options;
      const json = { ...(to !== undefined && { to }), ...(from !== undefined && { from }) };
      const result = await testOf(client, name, json);
      if (options.json === true) printJson(shell, result);
      else printTest(shell, name, result);
      if (!result.ok) throw new Exit(69);
    });
  });
}

function printTest(shell: Shell, name: string, result: ProviderTestJson): void {
  print(shell, testLine(name, result));
  if (result.sent?.transcript !== undefined) print(shell, visibleLines(result.sent.transcript));
}

export function testLine(name: string, { ok, detail, sent }: ProviderTestJson): string {
  return `${name}: ${ok ? 'ok' : 'FAILED'}: ${visible(sent === null ? detail : `${outcomeWord(sent.outcome)}: ${sent.reply}`)}`;
}

/** Connects and logs in; sends a message where it says to whom. */
export function testOf(client: Client, name: string, json: { readonly to?: string; readonly from?: string }) {
  return client.json<ProviderTestJson>('POST', `${pathOf(name)}/test`, { json });
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
    ['where', it.where],
    ['problem', it.problem],
    ...flatten(it.settings),
    ['can', it.capabilities ? abilities(it.capabilities) : null],
    ['webhook URL', webhookUrlOf(it)],
    ...callbackLines(it),
    ['state', standingOf(state)],
    ['breaker', state?.breaker.state.replace('_', ' ')],
    ['tried again', localTime(state?.breaker.retryAt)],
    ['left alone until', localTime(state?.throttledUntil)],
    ['in flight', state?.inFlight],
    ['waiting for a connection', state?.waiting],
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

/** How what its vendor tells gets in. */
function callbackLines({ callbacks }: ProviderJson): readonly (readonly [string, string | null])[] {
  if (callbacks === null) return [];
  const { ready, setting, takenAt, refused, queue } = callbacks;
  const state = ready ? 'set up' : `not set up: set ${setting}`;
  return [
    ['callbacks', !ready && queue !== null ? null : state],
    ['last callback taken', localTime(takenAt)],
    ['last callback refused', refused && `${localTime(refused.at)}: ${refused.detail}`],
    ['queue of events', queue && `${queue.where}: ${queue.problem ?? 'it is read'}`],
  ];
}

/** Where its vendor is to post to. */
function webhookUrlOf({ name, capabilities, webhookUrl }: ProviderJson): string | null {
  if (webhookUrl !== null || capabilities?.events !== true) return webhookUrl;
  return `/hooks/${name}, under the URL that http.publicUrl names once it is set`;
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
