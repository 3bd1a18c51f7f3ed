/** `iep cancel`: takes messages out of the queue before an attempt is under way. */

import type { Command } from 'commander';
import { IepError } from '../../core/errors.ts';
import { type Client, withClient } from '../client/client.ts';
import { confirmMany } from '../confirm.ts';
import { eachMessage } from '../each-message.ts';
import { Complaint } from '../failure.ts';
import { addFilters, type Filters, filterQuery, hasFilter } from '../filters.ts';
import type { Globals } from '../globals.ts';
import { listMessages } from '../messages.ts';
import { print, printJson, remark } from '../output.ts';
import type { Shell } from '../shell.ts';

type Options = Globals & Filters & { readonly dryRun?: true; readonly yes?: true };

export function cancel(command: Command, shell: Shell): void {
  command.argument('[id...]', 'messages to cancel');
  addFilters(command, shell);
  command
    .option('--dry-run', 'only say which messages match')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
Filters look among queued and scheduled messages, unless --status names others.

Examples:
  $ iep cancel 019cf5b2-6a00-7000-8000-3f1c8a5d9e01
  $ iep cancel --group newsletter-12 --dry-run
  $ iep cancel --status scheduled --from news@example.com --yes
`,
    )
    .action(async (ids: string[]) => {
      const options = command.optsWithGlobals<Options>();
      if (ids.length > 0 === hasFilter(options)) {
        throw new Complaint(64, 'name messages by id, or by filters, one of the two', 'See `iep cancel --help`.');
      }
      await withClient({ shell, globals: options }, (client) =>
        ids.length > 0
          ? eachMessage(shell, { client, options, ids, verb: 'cancel' })
          : cancelMatching(shell, client, options),
      );
    });
}

async function cancelMatching(shell: Shell, client: Client, options: Options): Promise<void> {
  const matched: string[] = [];
  const query = { status: 'queued,scheduled', ...filterQuery(options) };
  for await (const { messageId } of listMessages(client, { query, limit: Number.POSITIVE_INFINITY }))
    matched.push(messageId);
  const count = matched.length;
  const question = count === 1 ? 'Cancel 1 message?' : `Cancel ${count} messages?`;
  const agreed = await confirmMany(shell, options, { command: 'cancel', question, count });
  const messageIds = agreed ? await cancelEach(client, matched) : [];
  const shown = agreed ? messageIds : matched;
  if (options.json === true) {
    return printJson(shell, { matched: count, cancelled: messageIds.length, messageIds: shown });
  }
  for (const id of shown) print(shell, id);
  remark(
    shell,
    agreed
      ? `Cancelled ${messageIds.length} of ${count}.`
      : `${count} ${count === 1 ? 'matches' : 'match'}; none cancelled.`,
  );
}

/** Messages whose attempt began in the meantime are left alone; answers the ids of the others. */
async function cancelEach(client: Client, ids: readonly string[]): Promise<string[]> {
  const cancelled: string[] = [];
  for (const id of ids) {
    try {
      await client.call('POST', `/v1/messages/${id}/cancel`);
      cancelled.push(id);
    } catch (error) {
      if (!(error instanceof IepError) || error.code !== 'not_cancellable') throw error;
    }
  }
  return cancelled;
}
