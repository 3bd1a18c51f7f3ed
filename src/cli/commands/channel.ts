/** `iep channel`: where people are told besides their own addresses. */

import type { Command } from 'commander';
import { withClient } from '../client/client.ts';
import type { ChannelJson, ChannelTestJson } from '../client/wire.ts';
import { addDefinitionCommands, type DefinitionCommands } from '../definition-commands.ts';
import { Exit } from '../failure.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, visible } from '../output.ts';
import type { Shell } from '../shell.ts';
import { collectList } from '../values.ts';

interface ChannelOptions {
  readonly type?: string;
  readonly description?: string;
  readonly webhookUrl?: string;
  readonly token?: string;
  readonly channel?: string;
  readonly to?: readonly string[];
  readonly postTo?: string;
  readonly secret?: string;
}

const PATH = '/v1/channels';
/** sysexits(3): EX_UNAVAILABLE. */
const UNAVAILABLE = 69;

const kind: DefinitionCommands<ChannelJson, ChannelOptions> = {
  ...{ command: 'channel', noun: 'channel', path: PATH },
  describe: {
    add: 'add a channel',
    list: 'list the channels',
    show: 'one channel whole; what is secret is masked',
    set: 'change what is given of a channel',
    remove: 'remove a channel',
  },
  flags: (command) =>
    command
      .option('--type <type>', 'email, slack, teams or webhook')
      .option('--description <text>', 'what it is for')
      .option('--webhook-url <url>', 'of slack: an incoming webhook; of teams: the URL of a workflow')
      .option('--token <source>', 'of slack, in place of a webhook: a bot token, as env:NAME or file:PATH')
      .option('--channel <id>', 'of slack, with a token: where the bot posts')
      .option('--to <addresses>', 'of email, with commas between', collectList)
      .option('--post-to <url>', 'of webhook: where it is posted to')
      .option('--secret <source>', 'of webhook, your own, as env:NAME or file:PATH; left out, one is made'),
  fieldsOf: ({ postTo: url, type, description, webhookUrl, token, channel, to, secret }) =>
    Object.fromEntries(
      Object.entries({ type, description, webhookUrl, token, channel, to, url, secret }).filter(
        ([, value]) => value !== undefined,
      ),
    ),
  head: ['TYPE', 'LEADS TO', 'DESCRIPTION'],
  rowOf: ({ type, webhookUrl, channel, to, url, description }) => [
    ...[type, to?.join(', ') ?? webhookUrl ?? url ?? channel],
    description,
  ],
  secrets: ['webhookUrl', 'token', 'url', 'secret'],
  shownOnce: { secret: 'The secret is shown this once; the receiver needs it to check signatures.' },
  examples: {
    add: [
      'iep channel add ops-slack --type slack --webhook-url file:slack-webhook',
      'iep channel add ops-bot --type slack --token env:SLACK_TOKEN --channel C0123456789',
      'iep channel add ops-teams --type teams --webhook-url env:TEAMS_URL',
      'iep channel add ops-hook --type webhook --post-to https://app.example.com/hooks',
      'iep channel add ops-mail --type email --to ops@example.com,lead@example.com',
    ],
    set: ['iep channel set ops-slack --webhook-url env:SLACK_WEBHOOK'],
  },
};

export function channel(command: Command, shell: Shell): void {
  addDefinitionCommands(kind, command, shell);
  addTest(command, shell);
}

function addTest(command: Command, shell: Shell): void {
  command
    .command('test <name>')
    .description('post a test card, or send a test mail, and say what came of it')
    .addHelpText('after', '\nIts exit code is 69 where it was not taken.\n\nExample:\n  $ iep channel test ops-slack\n')
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const tested = await client.json<ChannelTestJson>('POST', `${PATH}/${encodeURIComponent(name)}/test`);
        if (options.json === true) printJson(shell, tested);
        else print(shell, visible(inWords(tested)));
        if (!tested.ok) throw new Exit(UNAVAILABLE);
      });
    });
}

function inWords({ ok, outcome, reason, messageId, durationMs }: ChannelTestJson): string {
  if (messageId !== null) return `queued as message ${messageId}`;
  return ok ? `${outcome} after ${durationMs} ms` : `${outcome}: ${reason}`;
}
