/** `iep suppression`: addresses a tenant must not mail. */

import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { suppressionReasons } from '../../db/store.ts';
import { type Client, withClient } from '../client.ts';
import { Complaint } from '../failure.ts';
import { fileFault, readNamedFile } from '../files.ts';
import type { Globals } from '../globals.ts';
import { localTime, print, printJson, printTable } from '../output.ts';
import type { Shell } from '../shell.ts';
import { moment, wholeNumber } from '../values.ts';
import type { PageJson, SuppressionJson } from '../wire.ts';

const PATH = '/v1/suppressions';
const PAGE = 200;

export function suppression(command: Command, shell: Shell): void {
  addAdd(command, shell);
  addList(command, shell);
  addRemove(command, shell);
  addImport(command, shell);
  addExport(command, shell);
}

function addAdd(command: Command, shell: Shell): void {
  command
    .command('add <email>')
    .description('suppress an address')
    .option('--reason <reason>', suppressionReasons.join(', '), 'manual')
    .option('--note <text>', 'why, for people')
    .option('--expires <time>', 'until when: 30d, or 2027-12-31', moment(shell.clock.now(), 'future'))
    .addHelpText('after', '\nExample:\n  $ iep suppression add jo@example.com --note "asked by phone" --tenant acme\n')
    .action(async (email: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { reason: string; note?: string; expires?: number }>();
      await withClient({ shell, globals: options }, async (client) => {
        const added = await client.json<SuppressionJson>('POST', PATH, {
          json: {
            email,
            reason: options.reason,
            ...(options.note === undefined ? {} : { note: options.note }),
            ...(options.expires === undefined ? {} : { expiresAt: new Date(options.expires).toISOString() }),
          },
        });
        if (options.json === true) printJson(shell, added);
        else print(shell, `${email} suppressed`);
      });
    });
}

function addList(command: Command, shell: Shell): void {
  command
    .command('list')
    .description('list suppressed addresses')
    .option('--search <text>', 'addresses that hold this')
    .option('--limit <n>', 'at most so many', wholeNumber, 200)
    .option('--all', 'all of them')
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { search?: string; limit: number; all?: true }>();
      const limit = options.all === true ? Number.POSITIVE_INFINITY : options.limit;
      await withClient({ shell, globals: options }, async (client) => {
        const found = await listSuppressions(client, { q: options.search, limit });
        if (options.json === true) return printJson(shell, found);
        if (found.length === 0) return print(shell, 'No address is suppressed.');
        printTable(
          shell,
          ['EMAIL', 'REASON', 'SINCE', 'UNTIL', 'NOTE'],
          found.map((item) => [
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

async function listSuppressions(
  client: Client,
  { q, limit }: { q: string | undefined; limit: number },
): Promise<SuppressionJson[]> {
  const found: SuppressionJson[] = [];
  let cursor: string | undefined;
  do {
    const page: PageJson<SuppressionJson> = await client.json('GET', PATH, {
      query: { q, cursor, limit: Math.min(limit - found.length, PAGE) },
    });
    found.push(...page.items);
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined && found.length < limit);
  return found;
}

function addRemove(command: Command, shell: Shell): void {
  command
    .command('remove <email>')
    .description('mail an address again')
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
    .description('add the addresses of a CSV file; - is standard input')
    .addHelpText(
      'after',
      `
The first line names the columns: email, and reason, note, expiresAt where they are known.

Example:
  $ iep suppression import bounced.csv --tenant acme
`,
    )
    .action(async (file: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      const content = new Uint8Array(await readNamedFile(shell, file));
      await withClient({ shell, globals: options }, async (client) => {
        const result = await client.json<{ imported: number }>('POST', `${PATH}/import`, {
          body: { type: 'text/csv', content },
        });
        if (options.json === true) printJson(shell, result);
        else print(shell, `${result.imported} imported`);
      });
    });
}

function addExport(command: Command, shell: Shell): void {
  command
    .command('export [file]')
    .description('write all suppressed addresses as CSV; to standard output without a file')
    .addHelpText('after', '\nExample:\n  $ iep suppression export suppressed.csv --tenant acme\n')
    .action(async (file: string | undefined, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        if (options.json === true) {
          const all = await listSuppressions(client, { q: undefined, limit: Number.POSITIVE_INFINITY });
          return printJson(shell, all);
        }
        const csv = await (await client.call('GET', `${PATH}/export`)).text();
        if (file === undefined) return print(shell, csv);
        await writeFile(file, csv, { flag: 'wx' }).catch((error: unknown) => {
          throw new Complaint(65, `cannot write ${file}: ${fileFault(error)}`, 'Give a file that does not exist yet.');
        });
      });
    });
}
