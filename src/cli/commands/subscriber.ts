/** `iep subscriber`: whom a tenant writes to, and what they want to be told. */

import type { Command } from 'commander';
import { type Client, withClient } from '../client/client.ts';
import { allRows } from '../client/rows.ts';
import type { PreferencesJson, SubscriberJson, SubscribersImportedJson } from '../client/wire.ts';
import { confirmLoss } from '../confirm.ts';
import { printFields } from '../definition-commands.ts';
import { Complaint, Exit } from '../failure.ts';
import { fileFields, fromPaths } from '../fields-input.ts';
import { readNamedFile } from '../files.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, printTable, remark, visible } from '../output.ts';
import type { Shell } from '../shell.ts';
import { collect, wholeNumber } from '../values.ts';

const PATH = '/v1/subscribers';
const pathOf = (id: string) => `${PATH}/${encodeURIComponent(id)}`;
/** sysexits(3): EX_DATAERR. */
const BAD_LINES = 65;

export function subscriber(command: Command, shell: Shell): void {
  addAdd(command, shell);
  addList(command, shell);
  addShow(command, shell);
  addSet(command, shell);
  addRemove(command, shell);
  addImport(command, shell);
  addPreferences(command, shell);
  command.addHelpText(
    'after',
    `
Examples:
  $ iep subscriber add jo --email jo@example.com --locale de --topic outages
  $ iep subscriber preferences jo --set categories.billing.frequency=daily
`,
  );
}

interface SubscriberOptions extends Globals {
  readonly email?: string;
  readonly name?: string;
  readonly locale?: string;
  readonly timezone?: string;
  readonly topic?: readonly string[];
  readonly file?: string;
  readonly set?: readonly string[];
}

function withFields(command: Command): Command {
  return command
    .option('--email <address>', 'where mail goes')
    .option('--name <name>', 'how they are called')
    .option('--locale <locale>', 'their language, such as fr-CA')
    .option('--timezone <zone>', 'such as Europe/Berlin')
    .option('--topic <name>', 'a topic that they are in; may be repeated', collect)
    .option(
      '-f, --file <path>',
      'its fields as JSON or YAML; - is standard input, and keeps URLs out of the list of processes',
    )
    .option('--set <path=value>', 'one field, such as data.plan=pro or channels.slack.channel=#ops', collect);
}

async function fieldsOf(shell: Shell, { email, name, locale, timezone, topic, file }: SubscriberOptions) {
  return {
    ...(await fileFields(shell, file)),
    ...(email !== undefined && { email }),
    ...(name !== undefined && { name }),
    ...(locale !== undefined && { locale }),
    ...(timezone !== undefined && { timezone }),
    ...(topic !== undefined && { topics: topic }),
  };
}

function addAdd(command: Command, shell: Shell): void {
  withFields(command.command('add <id>').description('add a subscriber, by an id of your own'))
    .addHelpText(
      'after',
      `
Examples:
  $ iep subscriber add jo --email jo@example.com --locale de --timezone Europe/Berlin --topic outages
  $ echo '{"channels": {"slack": {"webhookUrl": "https://hooks.slack.com/services/…"}}}' | iep subscriber add ops -f -
`,
    )
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<SubscriberOptions>();
      const given = await fieldsOf(shell, options);
      const json = { ...given, ...fromPaths(options.set ?? [], given), id };
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const made = await client.json<SubscriberJson>('POST', PATH, { json });
        if (options.json === true) printJson(shell, made);
        else print(shell, `subscriber ${visible(made.id)} added`);
      });
    });
}

function addSet(command: Command, shell: Shell): void {
  withFields(command.command('set <id>').description('change what is given of a subscriber'))
    .addHelpText(
      'after',
      `
--topic names all topics that they are in from then on.

Examples:
  $ iep subscriber set jo --timezone Europe/Paris --topic outages --topic news
  $ iep subscriber set jo --set channels.teams= --set data.plan=pro
`,
    )
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<SubscriberOptions>();
      const given = await fieldsOf(shell, options);
      const paths = options.set ?? [];
      if (Object.keys(given).length === 0 && paths.length === 0) {
        throw new Complaint(64, 'nothing to change', 'See `iep subscriber set --help`.');
      }
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const before = paths.length === 0 ? {} : await client.json<SubscriberJson>('GET', pathOf(id));
        const { id: _, ...json } = { ...given, ...fromPaths(paths, { ...before, ...given }) } as Record<
          string,
          unknown
        >;
        const now = await client.json<SubscriberJson>('PATCH', pathOf(id), { json });
        if (options.json === true) printJson(shell, now);
        else print(shell, `subscriber ${visible(now.id)} changed`);
      });
    });
}

function addList(command: Command, shell: Shell): void {
  command
    .command('list')
    .description('list subscribers')
    .option('--topic <name>', 'those who are in it')
    .option('--email <address>', 'those who have this address')
    .option('--limit <n>', 'at most so many', wholeNumber, 200)
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { topic?: string; email?: string; limit: number }>();
      await withClient({ shell, globals: options }, async (client) => {
        const items = await listed(client, options);
        if (options.json === true) return printJson(shell, items);
        if (items.length === 0) return print(shell, 'No subscribers. `iep subscriber add` makes one.');
        const rows = items.map(({ id, email, name, locale, channels, topics }) => [
          ...[id, email, name, locale, Object.keys(channels).join(', '), topics.join(', ')],
        ]);
        printTable(shell, ['ID', 'EMAIL', 'NAME', 'LOCALE', 'CHANNELS', 'TOPICS'], rows);
      });
    });
}

function listed(
  client: Client,
  { topic, email, limit }: { topic?: string; email?: string; limit: number },
): Promise<readonly SubscriberJson[]> {
  return allRows(client, PATH, { query: { topic, email }, limit });
}

function addShow(command: Command, shell: Shell): void {
  command
    .command('show <id>')
    .description('one subscriber whole')
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const one = await client.json<SubscriberJson>('GET', pathOf(id));
        if (options.json === true) printJson(shell, one);
        else printFields(shell, one);
      });
    });
}

function addRemove(command: Command, shell: Shell): void {
  command
    .command('remove <id>')
    .description('remove a subscriber with its preferences')
    .option('--erase', 'also its mail and notifications; what was counted stays counted')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
--erase takes away the mail that went to nobody else. What keeps a person from being mailed stays: the suppression list, and what they
turned off.

Example:
  $ iep subscriber remove jo --erase --yes
`,
    )
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { erase?: true; yes?: true }>();
      const question = `Erase the subscriber ${id}, its mail and its notifications?`;
      if (options.erase && !(await confirmLoss(shell, options, { command: 'subscriber remove --erase', question }))) {
        return remark(shell, 'Nothing was removed.');
      }
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        await client.call('DELETE', pathOf(id), { query: { erase: options.erase ? 'true' : undefined } });
        if (options.json === true) printJson(shell, { id, removed: true });
        else print(shell, `subscriber ${visible(id)} ${options.erase ? 'erased' : 'removed'}`);
      });
    });
}

function addImport(command: Command, shell: Shell): void {
  command
    .command('import <file>')
    .description('add and change the subscribers of a file; - is standard input')
    .option('--dry-run', 'only tell what would come of it')
    .addHelpText(
      'after',
      `
CSV whose first line names the columns (id, email, name, locale, timezone, topics, data.…, channels.slack.webhookUrl and so on), a
JSON list, or a JSON object on each line. What a line leaves out stays as it is. Lines that are wrong are reported and left out, and
the exit code is 65.

Examples:
  $ iep subscriber import people.csv --dry-run
  $ iep subscriber import people.ndjson
`,
    )
    .action(async (file: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { dryRun?: true }>();
      const content = new Uint8Array(await readNamedFile(shell, file));
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const result = await client.json<SubscribersImportedJson>('POST', `${PATH}/import`, {
          query: { dryRun: options.dryRun === true ? 'true' : undefined },
          body: { type: 'text/csv', content },
        });
        const { added, changed, unchanged, refused, errors, dryRun } = result;
        const told = `${added} added, ${changed} changed, ${unchanged} unchanged${refused > 0 ? `, ${refused} refused` : ''}`;
        if (options.json === true) printJson(shell, result);
        else print(shell, dryRun ? `${told}; nothing is stored by a dry run` : told);
        if (refused === 0) return;
        if (options.json !== true)
          for (const { path, message } of errors) remark(shell, `${path}: ${visible(message)}`);
        throw new Exit(BAD_LINES);
      });
    });
}

function addPreferences(command: Command, shell: Shell): void {
  command
    .command('preferences <id>')
    .description('what a subscriber wants to be told; with an option, say so')
    .option('--set-file <path>', 'all of it, as JSON or YAML, in place of what was said before; - is standard input')
    .option('--set <path=value>', 'a part of it; may be repeated', collect)
    .addHelpText(
      'after',
      `
Examples:
  $ iep subscriber preferences jo
  $ iep subscriber preferences jo --set global.channels.slack=false --set categories.billing.frequency=daily
  $ iep subscriber preferences jo --set 'quietHours={"start": "22:00", "end": "07:00", "timezone": "Europe/Berlin"}'
  $ iep subscriber preferences jo --set-file preferences.yaml
`,
    )
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { setFile?: string; set?: readonly string[] }>();
      const { setFile, set = [] } = options;
      const path = `${pathOf(id)}/preferences`;
      const isChange = setFile !== undefined || set.length > 0;
      const said = await fileFields(shell, setFile);
      await withClient({ shell, globals: options, ...(isChange && { purpose: 'write' }) }, async (client) => {
        const before = setFile === undefined ? await client.json<PreferencesJson>('GET', path) : said;
        const json = { ...before, ...fromPaths(set, before as Readonly<Record<string, unknown>>) };
        const now = isChange ? await client.json<PreferencesJson>('PUT', path, { json }) : before;
        if (options.json === true) printJson(shell, now);
        else printFields(shell, now);
      });
    });
}
