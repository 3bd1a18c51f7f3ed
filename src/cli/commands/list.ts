/** `iep list`: messages, newest first. */

import type { Command } from 'commander';
import { localTime } from '../../core/time-text.ts';
import { withClient } from '../client/client.ts';
import type { MessageRowJson } from '../client/wire.ts';
import { addFilters, type Filters, filterQuery } from '../filters.ts';
import type { Globals } from '../globals.ts';
import { listMessages, ofSeveralTenants } from '../messages.ts';
import { print, printJson, printTable } from '../output.ts';
import type { Shell } from '../shell.ts';
import { wholeNumber } from '../values.ts';

type Options = Globals & Filters & { readonly limit: number; readonly all?: true };

export function list(command: Command, shell: Shell): void {
  addFilters(command, shell);
  command
    .option('--dead', 'only dead letters')
    .option('--limit <n>', 'at most so many', wholeNumber, 50)
    .option('--all', 'every message that matches')
    .addHelpText(
      'after',
      `
Examples:
  $ iep list --status failed --since 1d
  $ iep list --to @example.com --limit 10
  $ iep list --tag invoice --all --json | jq -r '.[].messageId'
`,
    )
    .action(async () => {
      const options = command.optsWithGlobals<Options>();
      const limit = options.all === true ? Number.POSITIVE_INFINITY : options.limit;
      await withClient({ shell, globals: options }, async (client) => {
        const found: MessageRowJson[] = [];
        for await (const message of listMessages(client, { query: filterQuery(options), limit })) found.push(message);
        if (options.json === true) printJson(shell, found);
        else printMessages(shell, found);
      });
    });
}

function printMessages(shell: Shell, messages: readonly MessageRowJson[]): void {
  if (messages.length === 0) {
    print(shell, 'No message matches.');
    return;
  }
  const ofSeveral = ofSeveralTenants(messages);
  printTable(
    shell,
    [...(ofSeveral ? ['TENANT'] : []), 'ID', 'STATUS', 'TRIES', 'ACCEPTED', 'TO', 'SUBJECT'],
    messages.map((message) => [
      ...(ofSeveral ? [message.tenant] : []),
      message.messageId,
      message.status,
      message.attempts,
      localTime(message.createdAt),
      recipientsInShort(message),
      message.subject,
    ]),
  );
}

function recipientsInShort({ to, cc, bcc, rcpt }: MessageRowJson): string {
  // A whole message's header may name others than its envelope, or nobody.
  const all = rcpt.length > 0 ? rcpt : [...to, ...cc, ...bcc];
  return all.length > 1 ? `${all[0]} +${all.length - 1}` : (all[0] ?? '');
}
