/** The commands of definitions: add, list, show, set and remove of each kind, made from what the kind says of itself. */

import type { Command } from 'commander';
import { isRecord } from '../core/is-record.ts';
import { withClient } from './client/client.ts';
import type { ListJson } from './client/wire.ts';
import { Complaint } from './failure.ts';
import { fileFields, fromPaths } from './fields-input.ts';
import type { Globals } from './globals.ts';
import { type Cell, print, printJson, printTable, visible } from './output.ts';
import { withSecretValues } from './secret-values.ts';
import type { Shell } from './shell.ts';
import { collect } from './values.ts';

/** What the API answers for one. */
export interface DefinitionJson {
  readonly name: string;
  readonly tenant: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface DefinitionCommands<Json extends DefinitionJson, Options> {
  /** As the command is called: `notification-type`. */
  readonly command: string;
  /** In sentences. */
  readonly noun: string;
  /** Of its calls. */
  readonly path: string;
  /** What each does, for its help. */
  readonly describe: Readonly<Record<'add' | 'list' | 'show' | 'set' | 'remove', string>>;
  /** The options of `add` and `set` besides those that all kinds have. */
  flags(command: Command): Command;
  fieldsOf(options: Options): Readonly<Record<string, unknown>>;
  /** Of the table, behind tenant and name. */
  readonly head: readonly string[];
  rowOf(one: Json): readonly Cell[];
  /** Fields that may be given as `env:NAME` or `file:PATH`; what is called like a secret, only so. */
  readonly secrets?: readonly string[];
  /** Fields that are shown once, with what to do with them. */
  readonly shownOnce?: Readonly<Record<string, string>>;
  /** Lines such as `iep rule add …`, by command. */
  readonly examples: Readonly<Record<'add' | 'set', readonly string[]>>;
}

interface Common extends Globals {
  readonly file?: string;
  readonly set?: readonly string[];
}

export function addDefinitionCommands<Json extends DefinitionJson, Options>(
  kind: DefinitionCommands<Json, Options>,
  command: Command,
  shell: Shell,
): void {
  addAdd(kind, command, shell);
  addList(kind, command, shell);
  addShow(kind, command, shell);
  addSet(kind, command, shell);
  addRemove(kind, command, shell);
  command.addHelpText('after', examplesOf(kind.examples.add.slice(0, 1)));
}

type Kind<Json extends DefinitionJson, Options> = DefinitionCommands<Json, Options>;

function withFields<Json extends DefinitionJson, Options>(kind: Kind<Json, Options>, command: Command): Command {
  return kind
    .flags(command)
    .option('-f, --file <path>', 'its fields as JSON or YAML; - is standard input')
    .option('--set <path=value>', 'one field, such as digest.every=daily; may be repeated', collect);
}

/** Of the file, and over that those of flags. */
async function givenFields<Json extends DefinitionJson, Options>(
  kind: Kind<Json, Options>,
  options: Common & Options,
  shell: Shell,
) {
  const flags = await withSecretValues(shell, kind.fieldsOf(options), kind.secrets ?? []);
  return { ...(await fileFields(shell, options.file)), ...flags };
}

/** What `--set` changes of the fields before. */
function assigned<Json extends DefinitionJson, Options>(
  kind: Kind<Json, Options>,
  { set = [] }: Common,
  { shell, before }: { readonly shell: Shell; readonly before: object },
) {
  return withSecretValues(shell, fromPaths(set, { ...before }), kind.secrets ?? []);
}

function examplesOf(lines: readonly string[]): string {
  return `\nExample${lines.length === 1 ? '' : 's'}:\n${lines.map((line) => `  $ ${line}\n`).join('')}`;
}

function addAdd<Json extends DefinitionJson, Options>(kind: Kind<Json, Options>, command: Command, shell: Shell) {
  withFields(kind, command.command('add <name>').description(kind.describe.add))
    .addHelpText('after', examplesOf(kind.examples.add))
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Common & Options>();
      const given = await givenFields(kind, options, shell);
      const json = { ...given, ...(await assigned(kind, options, { shell, before: given })), name };
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const made = await client.json<Json>('POST', kind.path, { json });
        if (options.json === true) return printJson(shell, made);
        print(shell, `${kind.noun} ${visible(made.name)} added`);
        for (const [field, hint] of Object.entries(kind.shownOnce ?? {})) {
          const value: unknown = Reflect.get(made, field);
          if (typeof value === 'string') print(shell, `${field}: ${value}\n${hint}`);
        }
      });
    });
}

function addSet<Json extends DefinitionJson, Options>(kind: Kind<Json, Options>, command: Command, shell: Shell) {
  withFields(kind, command.command('set <name>').description(kind.describe.set))
    .addHelpText('after', examplesOf(kind.examples.set))
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Common & Options>();
      const given = await givenFields(kind, options, shell);
      const paths = options.set ?? [];
      if (Object.keys(given).length === 0 && paths.length === 0) {
        throw new Complaint(64, 'nothing to change', `See \`iep ${kind.command} set --help\`.`);
      }
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const path = pathOf(kind, name);
        // A member of a field is changed in what the field is.
        const before = paths.length === 0 ? {} : await client.json<Json>('GET', path);
        const json = { ...given, ...(await assigned(kind, options, { shell, before: { ...before, ...given } })) };
        const { name: _, ...changes } = json as Record<string, unknown>;
        const now = await client.json<Json>('PATCH', path, { json: changes });
        if (options.json === true) printJson(shell, now);
        else print(shell, `${kind.noun} ${visible(now.name)} changed`);
      });
    });
}

function addList<Json extends DefinitionJson, Options>(kind: Kind<Json, Options>, command: Command, shell: Shell) {
  command
    .command('list')
    .description(kind.describe.list)
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const { items } = await client.json<ListJson<Json>>('GET', kind.path);
        if (options.json === true) return printJson(shell, items);
        if (items.length === 0) {
          return print(shell, `There is nothing of the kind ${kind.noun}. \`iep ${kind.command} add\` makes one.`);
        }
        const rows = items.map((one) => [one.tenant, one.name, ...kind.rowOf(one)]);
        printTable(shell, ['TENANT', 'NAME', ...kind.head], rows);
      });
    });
}

function addShow<Json extends DefinitionJson, Options>(kind: Kind<Json, Options>, command: Command, shell: Shell) {
  command
    .command('show <name>')
    .description(kind.describe.show)
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const one = await client.json<Json>('GET', pathOf(kind, name));
        if (options.json === true) printJson(shell, one);
        else printFields(shell, one);
      });
    });
}

/** A line each, but for what is not set. */
export function printFields(shell: Shell, one: object): void {
  const fields = Object.entries(one).filter(([, value]) => value !== null);
  const width = Math.max(...fields.map(([name]) => name.length)) + 2;
  for (const [name, value] of fields) print(shell, `${`${name}:`.padEnd(width)}${visible(textOf(value))}`);
}

function textOf(value: unknown): string {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ');
  return Array.isArray(value) || isRecord(value) ? JSON.stringify(value) : String(value);
}

function addRemove<Json extends DefinitionJson, Options>(kind: Kind<Json, Options>, command: Command, shell: Shell) {
  command
    .command('remove <name>')
    .description(kind.describe.remove)
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        await client.call('DELETE', pathOf(kind, name));
        if (options.json === true) printJson(shell, { name, removed: true });
        else print(shell, `${kind.noun} ${visible(name)} removed`);
      });
    });
}

function pathOf({ path }: { readonly path: string }, name: string): string {
  return `${path}/${encodeURIComponent(name)}`;
}
