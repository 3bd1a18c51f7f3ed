/** `iep dead`: messages that are not tried again by themselves: what there is, why, and what to do about them. */

import type { Command } from 'commander';
import { counted } from '../../core/counted.ts';
import { IepError } from '../../core/errors.ts';
import { age } from '../../core/time-text.ts';
import { type Client, withClient } from '../client/client.ts';
import type { ExplanationJson, MessageJson, MessageRowJson } from '../client/wire.ts';
import { confirmLoss } from '../confirm.ts';
import { eachMessage } from '../each-message.ts';
import { Complaint, describeFailure, Exit, failureDocument } from '../failure.ts';
import { addFilters, type Filters, filterQuery, hasFilter } from '../filters.ts';
import type { Globals } from '../globals.ts';
import { listMessages, ofSeveralTenants } from '../messages.ts';
import { moveMatching } from '../move-matching.ts';
import { complain, print, printJson, printTable, remark } from '../output.ts';
import type { Shell } from '../shell.ts';
import { wholeNumber } from '../values.ts';
import { printExplanation } from './explain.ts';

/** What was a dead letter a moment ago may have been retried by somebody else, and sent. */
const ONLY_DEAD = { dead: 'true' };

type Options = Globals & Filters & { readonly all?: true; readonly dryRun?: true; readonly yes?: true };

export function dead(command: Command, shell: Shell): void {
  command.addHelpText(
    'after',
    `
A message becomes a dead letter when its attempts are used up, when content of it is gone, or when it may have been sent
and its tenant has such mail held (--unknown-outcome hold). It stays until it is retried or deleted.

Examples:
  $ iep dead list --since 1d
  $ iep dead show 019cf5b2-6a00-7000-8000-3f1c8a5d9e01
  $ iep dead retry --to @example.com --dry-run
  $ iep dead retry --all --yes
  $ iep dead delete 019cf5b2-6a00-7000-8000-3f1c8a5d9e01
`,
  );
  addList(command, shell);
  addShow(command, shell);
  addRetry(command, shell);
  addDelete(command, shell);
}

function addList(command: Command, shell: Shell): void {
  const list = command.command('list', { isDefault: true }).description('the dead letters, newest first, and why');
  addFilters(list, shell);
  list.option('--limit <n>', 'at most so many', wholeNumber, 50).action(async () => {
    const options = list.optsWithGlobals<Options & { readonly limit: number }>();
    await withClient({ shell, globals: options }, async (client) => {
      const found = await collect(client, options, options.limit);
      if (options.json === true) return printJson(shell, found);
      if (found.length === 0) return print(shell, 'There are no dead letters.');
      const now = shell.clock.now();
      const ofSeveral = ofSeveralTenants(found);
      printTable(
        shell,
        [...(ofSeveral ? ['TENANT'] : []), 'ID', 'AGE', 'TRIES', 'PROVIDER', 'TO', 'WHY'],
        found.map((one) => [
          ...(ofSeveral ? [one.tenant] : []),
          one.messageId,
          age(now - Date.parse(one.createdAt)),
          one.attempts,
          one.provider,
          one.to[0] ?? one.cc[0] ?? one.bcc[0],
          one.lastError,
        ]),
      );
    });
  });
}

function addShow(command: Command, shell: Shell): void {
  const show = command.command('show <id>').description('why it died: what `iep explain` says of it');
  show.action(async (id: string) => {
    const options = show.optsWithGlobals<Globals>();
    await withClient({ shell, globals: options }, async (client) => {
      await requireDead(client, id);
      const found = await client.json<ExplanationJson>('GET', `/v1/messages/${encodeURIComponent(id)}/explain`);
      if (options.json === true) printJson(shell, found);
      else printExplanation(shell, found);
    });
  });
}

/** Refuses a message that is not a dead letter: it may have been sent, or may still be. */
async function requireDead(client: Client, id: string): Promise<void> {
  const { dead: isDead, status } = await client.json<MessageJson>('GET', `/v1/messages/${encodeURIComponent(id)}`);
  if (isDead) return;
  throw new IepError('conflict', `The message is not a dead letter: its status is ${status}.`, {
    extra: {
      hint: 'See `iep dead list`; other messages are shown with `iep explain` and tried again with `iep retry`.',
    },
  });
}

/** By id, by filter, or all of them: one of the three. */
function addChoice(command: Command, shell: Shell, verb: string): Command {
  addFilters(command, shell);
  return command
    .option('--all', `${verb} every one`)
    .option('--dry-run', 'only say which match')
    .option('--yes', 'do not ask');
}

function checkChoice(ids: readonly string[], options: Options, verb: string): void {
  const ways = [ids.length > 0, hasFilter(options), options.all === true].filter(Boolean).length;
  if (ways === 1) return;
  throw new Complaint(
    64,
    'name dead letters by id, by filters, or with --all, one of the three',
    `See \`iep dead ${verb} --help\`.`,
  );
}

function addRetry(command: Command, shell: Shell): void {
  const retry = command.command('retry [id...]').description('try them again; attempts start from zero');
  addChoice(retry, shell, 'retry').action(async (ids: string[]) => {
    const options = retry.optsWithGlobals<Options>();
    checkChoice(ids, options, 'retry');
    await withClient({ shell, globals: options }, (client) =>
      ids.length > 0
        ? eachMessage(shell, { client, options, ids, verb: 'retry', query: ONLY_DEAD })
        : moveMatching(shell, client, {
            move: 'retry',
            options,
            filter: { dead: true },
            command: 'dead retry',
            called: ['dead letter', 'dead letters'],
          }),
    );
  });
}

function addDelete(command: Command, shell: Shell): void {
  const remove = command.command('delete [id...]').description('delete them with all that is kept of them');
  addChoice(remove, shell, 'delete').action(async (ids: string[]) => {
    const options = remove.optsWithGlobals<Options>();
    checkChoice(ids, options, 'delete');
    await withClient({ shell, globals: options }, (client) => deleteChosen(shell, client, { ids, options }));
  });
}

async function deleteChosen(
  shell: Shell,
  client: Client,
  { ids, options }: { ids: readonly string[]; options: Options },
): Promise<void> {
  const matched =
    ids.length > 0 ? ids : (await collect(client, options, Number.POSITIVE_INFINITY)).map(({ messageId }) => messageId);
  const question = `Delete ${counted(matched.length, 'dead letter')}?`;
  const agreed =
    options.dryRun !== true &&
    matched.length > 0 &&
    (await confirmLoss(shell, options, { command: 'dead delete', question }));
  const messageIds: string[] = [];
  let first: IepError | undefined;
  for (const id of agreed ? matched : []) {
    try {
      await client.call('DELETE', `/v1/messages/${encodeURIComponent(id)}`, { query: ONLY_DEAD });
      messageIds.push(id);
    } catch (error) {
      if (!(error instanceof IepError) || matched.length === 1) throw error;
      const { text } = options.json ? failureDocument(error, { messageId: id }) : describeFailure(error, `iep: ${id}`);
      complain(shell, text);
      first ??= error;
    }
  }
  const shown = agreed ? messageIds : matched;
  if (options.json === true) {
    printJson(shell, { matched: matched.length, deleted: messageIds.length, messageIds: shown });
  } else {
    for (const id of shown) print(shell, id);
    remark(
      shell,
      agreed
        ? `Deleted ${messageIds.length} of ${matched.length}.`
        : `${matched.length} ${matched.length === 1 ? 'matches' : 'match'}; none deleted.`,
    );
  }
  if (first !== undefined) throw new Exit(first.refusal.exit);
}

async function collect(client: Client, filters: Filters, limit: number): Promise<readonly MessageRowJson[]> {
  const found: MessageRowJson[] = [];
  for await (const one of listMessages(client, { query: { ...filterQuery(filters), dead: 'true' }, limit }))
    found.push(one);
  return found;
}
