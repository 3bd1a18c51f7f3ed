/** `iep trigger`: which events send mail, and why one would not. */

import { type Command, Option } from 'commander';
import { IepError } from '../../core/errors.ts';
import { lanes } from '../../core/message.ts';
import { type Client, withClient } from '../client/client.ts';
import type { ListJson, TriggerJson, TriggerTestJson } from '../client/wire.ts';
import { eventFrom, jsonOf } from '../event-input.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, printTable, remark, visible } from '../output.ts';
import type { Shell } from '../shell.ts';
import { assignment } from '../values.ts';

const PATH = '/v1/triggers';
const pathOf = (name: string) => `${PATH}/${encodeURIComponent(name)}`;

interface TriggerOptions extends Globals {
  readonly on?: string;
  readonly when?: string;
  readonly template?: string;
  readonly to?: readonly string[];
  readonly subscriber?: readonly string[];
  readonly var?: Readonly<Record<string, string>>;
  readonly priority?: string;
  readonly active?: true;
  readonly inactive?: true;
}

export function trigger(command: Command, shell: Shell): void {
  addAdd(command, shell);
  addList(command, shell);
  addShow(command, shell);
  addSet(command, shell);
  addRemove(command, shell);
  addTest(command, shell);
  command.addHelpText(
    'after',
    `\nExample:\n  $ iep trigger test invited --type user.invited --data '{"email": "jo@example.com"}'\n`,
  );
}

const collect = (one: string, all: readonly string[] = []) => [...all, one];

function withFields(command: Command): Command {
  return command
    .option('--when <json>', 'a condition, such as {"path": "data.plan", "op": "eq", "value": "pro"}; - takes it away')
    .option('--to <address>', "to whom it writes, such as '{{data.email}}'; may be repeated", collect)
    .option('--subscriber <id>', "the same by an id, such as '{{data.userId}}'", collect)
    .option(
      '--var <name=value>',
      "a value of the template, such as Name='{{data.name}}'; without any it has the members of data",
      assignment,
    )
    .addOption(new Option('--priority <lane>', 'what goes first').choices([...lanes]));
}

function fieldsOf({ on, when, template, to, subscriber, var: variables, priority, active, inactive }: TriggerOptions) {
  return {
    ...(on !== undefined && { on }),
    ...(when !== undefined && { when: when === '-' ? null : jsonOf('--when', when) }),
    ...(template !== undefined && { template }),
    ...(to !== undefined && { to }),
    ...(subscriber !== undefined && { subscribers: subscriber }),
    ...(variables !== undefined && { variables }),
    ...(priority !== undefined && { priority }),
    ...(active === true && { active: true }),
    ...(inactive === true && { active: false }),
  };
}

/** A trigger may be there before its template: who misspells it should hear of it before the first event. */
async function tellOfMissing(shell: Shell, client: Client, { template, tenant }: TriggerJson): Promise<void> {
  try {
    const headers = { 'x-iep-tenant': tenant };
    await client.json('GET', `/v1/templates/${encodeURIComponent(template)}`, { headers });
  } catch (error) {
    if (!(error instanceof IepError)) throw error;
    if (error.code !== 'not_found') return;
    remark(shell, `No template is called ${visible(template)} yet; until there is one, nothing is sent.`);
  }
}

function addAdd(command: Command, shell: Shell): void {
  withFields(
    command
      .command('add <name>')
      .description('have events of a type send mail')
      .requiredOption('--on <type>', 'a type of event, or the beginning of some: user.*')
      .requiredOption('--template <name>', 'the stored template'),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ iep trigger add invited --on user.invited --template invitation --to '{{data.email}}'
  $ iep trigger add paid --on 'invoice.*' --template receipt --subscriber '{{data.customer}}' --when '{"path": "data.paid", "op": "eq", "value": true}'
`,
    )
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<TriggerOptions>();
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const made = await client.json<TriggerJson>('POST', PATH, { json: { name, ...fieldsOf(options) } });
        if (options.json === true) printJson(shell, made);
        else print(shell, `trigger ${made.name} added`);
        await tellOfMissing(shell, client, made);
      });
    });
}

function addSet(command: Command, shell: Shell): void {
  withFields(
    command
      .command('set <name>')
      .description('change what is given of a trigger')
      .option('--on <type>', 'a type of event, or the beginning of some: user.*')
      .option('--template <name>', 'the stored template')
      .option('--active', 'on again')
      .option('--inactive', 'off'),
  ).action(async (name: string, _options, self: Command) => {
    const options = self.optsWithGlobals<TriggerOptions>();
    const { to, subscriber } = options;
    const other = to !== undefined ? { subscribers: null } : subscriber !== undefined ? { to: null } : {};
    await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
      const changed = await client.json<TriggerJson>('PATCH', pathOf(name), {
        json: { ...other, ...fieldsOf(options) },
      });
      if (options.json === true) printJson(shell, changed);
      else print(shell, `trigger ${changed.name} changed`);
      if (options.template !== undefined) await tellOfMissing(shell, client, changed);
    });
  });
}

function addList(command: Command, shell: Shell): void {
  command
    .command('list')
    .description('list triggers')
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const { items } = await client.json<ListJson<TriggerJson>>('GET', PATH);
        if (options.json === true) return printJson(shell, items);
        if (items.length === 0) return print(shell, 'No triggers. `iep trigger add` makes one.');
        const rows = items.map((one) => [
          one.tenant,
          one.name,
          one.on,
          one.template,
          toText(one),
          one.active ? 'yes' : 'no',
        ]);
        printTable(shell, ['TENANT', 'NAME', 'ON', 'TEMPLATE', 'TO', 'ACTIVE'], rows);
      });
    });
}

function toText({ to, subscribers }: TriggerJson): string {
  return (to ?? subscribers ?? []).join(', ');
}

function addShow(command: Command, shell: Shell): void {
  command
    .command('show <name>')
    .description('one trigger whole')
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const one = await client.json<TriggerJson>('GET', pathOf(name));
        if (options.json === true) return printJson(shell, one);
        const lines = [
          ['name', one.name],
          ['on', one.on],
          ['when', one.when === null ? 'always' : JSON.stringify(one.when)],
          ['template', one.template],
          ['to', toText(one)],
          ['variables', one.variables === null ? 'the members of data' : JSON.stringify(one.variables)],
          ['priority', one.priority ?? 'normal'],
          ['active', one.active ? 'yes' : 'no'],
        ] as const;
        for (const [label, value] of lines) print(shell, `${`${label}:`.padEnd(11)}${visible(value)}`);
      });
    });
}

function addRemove(command: Command, shell: Shell): void {
  command
    .command('remove <name>')
    .description('remove a trigger')
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        await client.call('DELETE', pathOf(name));
        if (options.json === true) printJson(shell, { name, removed: true });
        else print(shell, `trigger ${visible(name)} removed`);
      });
    });
}

function addTest(command: Command, shell: Shell): void {
  command
    .command('test <name>')
    .description('what an event would send, and why not; nothing is sent')
    .requiredOption('--type <type>', 'the type of the event')
    .option('--data <json>', 'its data; - is standard input')
    .option('--subject <text>')
    .addHelpText(
      'after',
      `\nExample:\n  $ iep trigger test invited --type user.invited --data '{"email": "jo@example.com"}'\n`,
    )
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { type: string; data?: string; subject?: string }>();
      const event = await eventFrom(shell, options);
      await withClient({ shell, globals: options }, async (client) => {
        const told = await client.json<TriggerTestJson>('POST', `${pathOf(name)}/test`, { json: event });
        if (options.json === true) return printJson(shell, told);
        if (!told.fits) return print(shell, `It would send nothing: ${told.reasons.map(visible).join('; ')}`);
        for (const { to, template, variables } of told.messages) {
          print(
            shell,
            `It would send ${template} to ${visible(to.join(', '))} with ${visible(JSON.stringify(variables))}`,
          );
        }
        for (const reason of told.reasons) print(shell, `It would not send: ${visible(reason)}`);
      });
    });
}
