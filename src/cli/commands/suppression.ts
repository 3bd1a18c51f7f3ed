/** `iep suppression`: addresses a tenant must not mail. */

import type { Command } from 'commander';
import { localTime } from '../../core/time-text.ts';
import { suppressionReasons, suppressionStates } from '../../db/verbs/suppressions.ts';
import { type Client, withClient } from '../client/client.ts';
import { textOf } from '../client/response.ts';
import { allRows } from '../client/rows.ts';
import type { ImportedJson, SuppressionDetailJson, SuppressionPutJson, SuppressionRowJson } from '../client/wire.ts';
import { Exit } from '../failure.ts';
import { readNamedFile, writeNewFile } from '../files.ts';
import type { Globals } from '../globals.ts';
import { ofSeveralTenants } from '../messages.ts';
import { print, printJson, printTable, remark, visible } from '../output.ts';
import type { Shell } from '../shell.ts';
import { moment, wholeNumber } from '../values.ts';

const PATH = '/v1/suppressions';
/** sysexits(3): EX_DATAERR. */
const BAD_LINES = 65;

export function suppression(command: Command, shell: Shell): void {
  addAdd(command, shell);
  addList(command, shell);
  addShow(command, shell);
  addRemove(command, shell);
  addImport(command, shell);
  addExport(command, shell);
}

function addAdd(command: Command, shell: Shell): void {
  command
    .command('add <email>')
    .description('suppress an address; *@example.com suppresses all of that domain')
    .option('--reason <reason>', `${suppressionReasons.join(', ')}; manual for an address that is not on the list`)
    .option('--note <text>', 'why, for people')
    .option(
      '--expires <time>',
      'until when: 30d, or 2027-12-31; else without an end',
      moment(shell.clock.now(), 'future'),
    )
    .addHelpText(
      'after',
      `
An address that is on the list already keeps its reason and note where none is given.

Examples:
  $ iep suppression add jo@example.com --note "asked by phone" --tenant acme
  $ iep suppression add '*@example.com' --expires 30d --tenant acme
`,
    )
    .action(async (email: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { reason?: string; note?: string; expires?: number }>();
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const put = await client.json<SuppressionPutJson>('POST', PATH, {
          json: {
            email,
            ...(options.reason !== undefined && { reason: options.reason }),
            ...(options.note !== undefined && { note: options.note }),
            ...(options.expires !== undefined && { expiresAt: new Date(options.expires).toISOString() }),
          },
        });
        if (options.json === true) printJson(shell, put);
        else print(shell, `${email} ${putText(put)}`);
      });
    });
}

function putText({ change, reason, note, expiresAt }: SuppressionPutJson): string {
  if (change === 'added') return 'suppressed';
  const until = expiresAt === null ? 'without an end' : `until ${localTime(expiresAt)}`;
  const entry = [reason, until, ...(note ? [visible(note)] : [])].join(', ');
  return `was on the list already; ${change === 'changed' ? 'it is changed to' : 'nothing is changed'}: ${entry}`;
}

function addList(command: Command, shell: Shell): void {
  command
    .command('list')
    .description('list suppressed addresses')
    .option('--q <text>', 'addresses that hold this')
    .option('--search <text>', 'the same as --q')
    .option('--reason <reason>', suppressionReasons.join(', '))
    .option('--state <state>', `${suppressionStates.join(', ')}; only entries that suppress now where it is left out`)
    .option('--limit <n>', 'at most so many', wholeNumber, 200)
    .option('--all', 'all of them')
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals & ListOptions>();
      const limit = options.all === true ? Number.POSITIVE_INFINITY : options.limit;
      await withClient({ shell, globals: options }, async (client) => {
        const found = await listSuppressions(client, { ...options, limit });
        if (options.json === true) return printJson(shell, found);
        if (found.length === 0)
          return print(
            shell,
            options.state === undefined ? 'No address is suppressed.' : `No entry is ${options.state}.`,
          );
        const ofSeveral = ofSeveralTenants(found);
        printTable(
          shell,
          [...(ofSeveral ? ['TENANT'] : []), 'EMAIL', 'REASON', 'SINCE', 'UNTIL', 'NOTE'],
          found.map((item) => [
            ...(ofSeveral ? [item.tenant] : []),
            item.email,
            item.reason,
            localTime(item.createdAt),
            localTime(item.expiresAt),
            item.note,
          ]),
        );
      });
    });
}

interface ListOptions {
  readonly q?: string;
  readonly search?: string;
  readonly reason?: string;
  readonly state?: string;
  readonly limit: number;
  readonly all?: true;
}

/** By address; of every tenant, one after the other, where an operator names none. */
function listSuppressions(
  client: Client,
  { q, search, reason, state, limit }: ListOptions,
): Promise<readonly SuppressionRowJson[]> {
  return allRows(client, PATH, { query: { q: q ?? search, reason, state }, limit });
}

function addShow(command: Command, shell: Shell): void {
  command
    .command('show <email>')
    .description('why an address is suppressed, with what led to it')
    .action(async (email: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const entry = await client.json<SuppressionDetailJson>('GET', `${PATH}/${encodeURIComponent(email)}`);
        if (options.json === true) return printJson(shell, entry);
        const lines = [
          ['entry', entry.email],
          ['reason', entry.reason],
          ['note', entry.note ?? ''],
          ['since', localTime(entry.createdAt)],
          ['until', localTime(entry.expiresAt) || 'it is removed'],
        ] as const;
        for (const [label, value] of lines) if (value !== '') print(shell, `${`${label}:`.padEnd(9)}${visible(value)}`);
        if (entry.evidence.length === 0) return;
        print(shell, '');
        const rows = entry.evidence.map(({ at, messageId, reply }) => [localTime(at), messageId, reply]);
        printTable(shell, ['WHEN', 'MESSAGE', 'REPLY'], rows);
      });
    });
}

function addRemove(command: Command, shell: Shell): void {
  command
    .command('remove <email>')
    .description('mail an address again; the bounces that counted towards it are forgotten')
    .action(async (email: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        await client.call('DELETE', `${PATH}/${encodeURIComponent(email)}`);
        if (options.json === true) printJson(shell, { email, removed: true });
        else print(shell, `${email} removed`);
      });
    });
}

function addImport(command: Command, shell: Shell): void {
  command
    .command('import <file>')
    .description('add the addresses of a file, ours or of another service; - is standard input')
    .option('--strict', 'add all of them, or none when a line is wrong')
    .option('--reason <reason>', `of lines that say none: ${suppressionReasons.join(', ')}`)
    .option('--dry-run', 'only tell what would be added, changed and refused')
    .addHelpText(
      'after',
      `
The first line names the columns: email, and reason, note, expiresAt where they are known. Files of SendGrid, Mailgun,
Postmark and Amazon SES are read as they come, CSV and JSON. Lines that are not understood are reported and left out,
and the exit code is 65. An entry that is there already is never weakened.

Examples:
  $ iep suppression import bounced.csv --dry-run --tenant acme
  $ iep suppression import spam-reports.csv --reason complaint --tenant acme
`,
    )
    .action(async (file: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { strict?: true; dryRun?: true; reason?: string }>();
      const content = new Uint8Array(await readNamedFile(shell, file));
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const result = await client.json<ImportedJson>('POST', `${PATH}/import`, {
          query: {
            strict: options.strict === true ? 'true' : undefined,
            dryRun: options.dryRun === true ? 'true' : undefined,
            reason: options.reason,
          },
          body: { type: 'text/csv', content },
        });
        const { refused, errors } = result;
        if (options.json === true) printJson(shell, result);
        else print(shell, importedText(result));
        if (refused === 0) return;
        if (options.json !== true) for (const { path, message } of errors) remark(shell, `${path}: ${message}`);
        throw new Exit(BAD_LINES);
      });
    });
}

function importedText({ added, changed, unchanged, refused, ignoredColumns, dryRun }: ImportedJson): string {
  const counts = Object.entries({ added, changed, unchanged, ...(refused > 0 && { refused }) });
  const told = counts.map(([what, count]) => `${count} ${what}`).join(', ');
  const ignored = ignoredColumns.map(visible).join(', ');
  const outcome = dryRun ? `${told}; nothing is stored by a dry run` : told;
  return ignored === '' ? outcome : `${outcome}\nColumns that mean nothing here: ${ignored}`;
}

function addExport(command: Command, shell: Shell): void {
  command
    .command('export [file]')
    .description(
      'write all suppressed addresses as CSV, with --json as JSON; to standard output without a file, or with -',
    )
    .addHelpText('after', '\nExample:\n  $ iep suppression export suppressed.csv --tenant acme\n')
    .action(async (file: string | undefined, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const text = await exported(client, options.json === true);
        if (file === undefined || file === '-') return print(shell, text);
        await writeNewFile(file, text);
      });
    });
}

async function exported(client: Client, asJson: boolean): Promise<string> {
  if (!asJson) return textOf(await client.call('GET', `${PATH}/export`));
  const all = await listSuppressions(client, { limit: Number.POSITIVE_INFINITY });
  return `${JSON.stringify(all, null, 2)}\n`;
}
