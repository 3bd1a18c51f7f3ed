/** `iep retry`: makes failed messages open again, and tries at once what waits for a retry. */

import type { Command } from 'commander';
import { type Client, withClient } from '../client.ts';
import { confirm } from '../confirm.ts';
import { eachMessage } from '../each-message.ts';
import { Complaint } from '../failure.ts';
import { addFilters, type Filters, filterQuery, hasFilter } from '../filters.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, remark } from '../output.ts';
import type { Shell } from '../shell.ts';
import type { RetriedJson } from '../wire.ts';

type Options = Globals & Filters & { readonly dryRun?: true; readonly yes?: true };

export function retry(command: Command, shell: Shell): void {
  command.argument('[id...]', 'messages to try again');
  addFilters(command, shell);
  command
    .option('--dead', 'dead letters')
    .option('--dry-run', 'only say which messages match')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
Attempts start again from zero; the content stays as it was accepted.

Examples:
  $ iep retry 019cf5b2-6a00-7000-8000-3f1c8a5d9e01
  $ iep retry --status failed --since 6h --dry-run
  $ iep retry --to @example.com --status failed --yes
`,
    )
    .action(async (ids: string[]) => {
      const options = command.optsWithGlobals<Options>();
      if (ids.length > 0 === hasFilter(options)) {
        throw new Complaint(64, 'name messages by id, or by filters, one of the two', 'See `iep retry --help`.');
      }
      await withClient({ shell, globals: options }, (client) =>
        ids.length > 0
          ? eachMessage(shell, { client, options, ids, verb: 'retry' })
          : retryMatching(shell, client, options),
      );
    });
}

async function retryMatching(shell: Shell, client: Client, options: Options): Promise<void> {
  const ask = (dryRun: boolean) =>
    client.json<RetriedJson>('POST', '/v1/messages/retry', { json: { ...filterQuery(options), dryRun } });
  const found = await ask(true);
  const agreed =
    options.dryRun !== true &&
    found.matched > 0 &&
    (options.yes === true || found.matched === 1 || (await confirm(shell, `Retry ${found.matched} messages?`)));
  const result = agreed ? await ask(false) : found;
  if (options.json === true) return printJson(shell, result);
  for (const id of result.messageIds) print(shell, id);
  remark(shell, agreed ? `Retried ${result.retried} of ${result.matched}.` : `${found.matched} match; none retried.`);
}
