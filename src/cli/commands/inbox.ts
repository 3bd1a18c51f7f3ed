/** `iep inbox`: what capture providers keep is listed, waited for by tests, released to a real provider, deleted. */

import type { Command } from 'commander';
import { counted } from '../../core/counted.ts';
import { localTime } from '../../core/time-text.ts';
import { type Client, withClient } from '../client/client.ts';
import { allRows } from '../client/rows.ts';
import type { AcceptedJson, DeletedJson, InboxRowJson, PageJson } from '../client/wire.ts';
import { confirmLoss } from '../confirm.ts';
import { Complaint } from '../failure.ts';
import type { Globals } from '../globals.ts';
import { severalTenants } from '../of-tenants.ts';
import { print, printJson, printTable } from '../output.ts';
import type { Shell } from '../shell.ts';
import { duration, moment, wholeNumber } from '../values.ts';

const PATH = '/v1/inbox/messages';
/** What one call waits; `wait` makes as many as it takes. */
const CALL_WAIT_MS = 20_000;

interface Filter extends Globals {
  readonly to?: string;
  readonly subject?: string;
  readonly since?: number;
}

export function inbox(command: Command, shell: Shell): void {
  command.addHelpText(
    'after',
    `
A test notes the time, does what sends mail, and waits for what came since then.

Examples:
  $ iep inbox wait --to ada@example.org --json
  $ iep inbox list --since 1h
  $ iep inbox release ID --provider relay
`,
  );
  addList(command, shell);
  addWait(command, shell);
  addRelease(command, shell);
  addDelete(command, shell);
}

function withFilter(command: Command, shell: Shell): Command {
  return command
    .option('--to <address>', 'a recipient: a whole address, in any case')
    .option('--subject <part>', 'a part of the subject, in any case')
    .option('--since <time>', 'kept since then: 1h, or 2027-01-31', moment(shell.clock.now(), 'past'));
}

function queryOf({ to, subject, since }: Filter) {
  return { to, subject, since: since === undefined ? undefined : new Date(since).toISOString() };
}

function addList(command: Command, shell: Shell): void {
  withFilter(command.command('list').description('what is in the inbox, newest first'), shell)
    .option('--limit <n>', 'at most so many', wholeNumber, 50)
    .addHelpText('after', '\nExamples:\n  $ iep inbox list\n  $ iep inbox list --to ada@example.org --json\n')
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Filter & { limit: number }>();
      await withClient({ shell, globals: options }, async (client) => {
        const found = await allRows<InboxRowJson>(client, PATH, { query: queryOf(options), limit: options.limit });
        show(shell, options, { found, ofSeveral: (await severalTenants(client)) !== undefined });
      });
    });
}

function pageOf(client: Client, query: Readonly<Record<string, string | number | undefined>>) {
  return client.json<PageJson<InboxRowJson>>('GET', PATH, { query });
}

function show(
  shell: Shell,
  { json }: Globals,
  { found, ofSeveral }: { readonly found: readonly InboxRowJson[]; readonly ofSeveral: boolean },
): void {
  if (json === true) printJson(shell, found);
  else if (found.length === 0) print(shell, 'The inbox has nothing that matches.');
  else {
    printTable(
      shell,
      ['RECEIVED', ...(ofSeveral ? ['TENANT'] : []), 'FROM', 'TO', 'SUBJECT', 'ID'],
      found.map(({ receivedAt, tenant, from, to, subject, messageId }) => [
        ...[localTime(receivedAt), ...(ofSeveral ? [tenant] : [])],
        ...[from.email, to.join(', '), subject, messageId],
      ]),
    );
  }
}

function addWait(command: Command, shell: Shell): void {
  withFilter(command.command('wait').description('wait until something matches, and tell the newest'), shell)
    .option('--timeout <time>', 'give up after that: 30s, 5m', duration, 30_000)
    .addHelpText(
      'after',
      `
Tells what is there already too: --since narrows it down to what comes after a time. Ends with 75 where nothing came in time.

Examples:
  $ iep inbox wait --to ada@example.org --json
  $ iep inbox wait --subject "Your code" --since 1m --timeout 2m
`,
    )
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Filter & { timeout: number }>();
      await withClient({ shell, globals: options }, async (client) => {
        const until = shell.clock.now() + options.timeout;
        for (;;) {
          const left = Math.max(0, until - shell.clock.now());
          const wait = `${Math.min(CALL_WAIT_MS, left)}ms`;
          const { items } = await pageOf(client, { ...queryOf(options), limit: 1, wait });
          const [newest] = items;
          if (newest !== undefined) {
            if (options.json === true) printJson(shell, newest);
            else show(shell, options, { found: items, ofSeveral: (await severalTenants(client)) !== undefined });
            return;
          }
          if (left === 0)
            throw new Complaint(75, 'nothing that matches came in time', 'See what is there: iep inbox list.');
        }
      });
    });
}

function addRelease(command: Command, shell: Shell): void {
  command
    .command('release <id>')
    .description('send a message of the inbox to its recipients by a real provider, as a new message')
    .requiredOption('--provider <name>', 'by which it is sent')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  $ iep inbox release ID --provider relay\n  $ iep inbox release ID --provider relay --yes --json\n',
    )
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { provider: string; yes?: true }>();
      const question = `Send message ${id} to its recipients, by ${options.provider}?`;
      if (!(await confirmLoss(shell, options, { command: 'inbox release', question }))) return;
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const accepted = await client.json<AcceptedJson>('POST', `${PATH}/${encodeURIComponent(id)}/release`, {
          json: { provider: options.provider },
        });
        if (options.json === true) printJson(shell, accepted);
        else print(shell, `Released as message ${accepted.messageId}, ${accepted.status}.`);
      });
    });
}

function addDelete(command: Command, shell: Shell): void {
  withFilter(command.command('delete').description('delete what matches, with all that is kept of it'), shell)
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExamples:\n  $ iep inbox delete --to ada@example.org\n  $ iep inbox delete --yes\n')
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Filter & { yes?: true }>();
      const question = 'Delete what matches from the inbox, with all that is kept of it?';
      if (!(await confirmLoss(shell, options, { command: 'inbox delete', question }))) return;
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const done = await client.json<DeletedJson>('DELETE', PATH, { query: queryOf(options) });
        if (options.json === true) printJson(shell, done);
        else print(shell, `${counted(done.deleted, 'message')} deleted.`);
      });
    });
}
