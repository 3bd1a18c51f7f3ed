/** `iep notify`: one line for a cron job or a build that tells what came of it. */

import { type Command, Option } from 'commander';
import { IepError } from '../../core/errors.ts';
import { lanes } from '../../core/message.ts';
import { localTime } from '../../core/time-text.ts';
import { type Client, withClient } from '../client/client.ts';
import type { NotifiedJson } from '../client/wire.ts';
import { jsonOf } from '../event-input.ts';
import { Complaint } from '../failure.ts';
import { utf8TextOf } from '../files.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, printTable, remark } from '../output.ts';
import { readAttachments } from '../send/send-content.ts';
import { readAll, type Shell } from '../shell.ts';

interface NotifyOptions extends Globals {
  readonly to: readonly string[];
  readonly data?: string;
  readonly actor?: string;
  readonly attach?: readonly string[];
  readonly idempotencyKey?: string;
  readonly priority?: string;
}

const collect = (one: string, all: readonly string[] = []) => [...all, one];

export function notify(command: Command, shell: Shell): void {
  command
    .argument('<type>', 'name of a notification type')
    .requiredOption(
      '--to <whom>',
      'subscriber:ID, topic:NAME, channel:NAME or an address; a bare name is a channel, a topic or a subscriber; may be repeated',
      collect,
    )
    .option('--data <json>', 'what it says; - reads standard input')
    .option('--actor <json>', 'who set it off')
    .option('--attach <file>', 'a file for its mail; may be repeated', collect)
    .option('--idempotency-key <key>', 'the same again tells nobody again')
    .addOption(new Option('--priority <lane>', 'what goes first').choices([...lanes]))
    .addHelpText(
      'after',
      `
Examples:
  $ iep notify job.failed --to ops --data '{"job": "nightly-backup", "ok": false}' --attach backup.log
  $ build-report | iep notify build.done --to topic:developers --data -
`,
    )
    .action(async (type: string, _options, self: Command) => {
      const options = self.optsWithGlobals<NotifyOptions>();
      const body = await bodyOf(shell, type, options);
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const notified = await ask(client, { body, to: options.to.map(candidatesOf) });
        if (options.json === true) return printJson(shell, notified);
        print(shell, `notification ${notified.notificationId}`);
        printTable(
          shell,
          ['TO', 'CHANNEL', 'STATUS', ''],
          notified.deliveries.map((one) => [
            one.subscriber ?? one.email ?? one.channelName ?? '',
            one.channel,
            one.status,
            [one.reason, one.until && `until ${localTime(one.until)}`].filter(Boolean).join(' '),
          ]),
        );
        for (const whom of unreached(notified)) {
          remark(shell, `${whom} was told nothing: nobody of this id is known, or no address for these channels is`);
        }
      });
    });
}

/** Subscribers whom no channel reaches: their id may be a slip of the pen, and a job says it into a log. */
function unreached({ deliveries }: NotifiedJson): readonly string[] {
  const ids = new Set(deliveries.flatMap(({ subscriber }) => subscriber ?? []));
  return [...ids].filter((id) => deliveries.every((one) => one.subscriber !== id || one.reason === 'no_address'));
}

async function bodyOf(shell: Shell, type: string, options: NotifyOptions): Promise<object> {
  const { data, actor, attach, idempotencyKey, priority } = options;
  const text = data === '-' ? utf8TextOf(await readAll(shell.stdin), 'standard input') : data;
  const attachments = await readAttachments(shell, attach);
  return {
    type,
    ...(text !== undefined && { data: jsonOf('--data', text) }),
    ...(actor !== undefined && { actor: jsonOf('--actor', actor) }),
    ...(attachments.length > 0 && { attachments }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(priority !== undefined && { priority }),
  };
}

const kinds = ['subscriber', 'topic', 'channel', 'email'] as const;
type Target = { readonly [kind in (typeof kinds)[number]]?: string };

/** What a text may mean, the likeliest first. */
function candidatesOf(text: string): readonly Target[] {
  const at = text.indexOf(':');
  const kind = kinds.find((one) => one === text.slice(0, at));
  if (kind !== undefined) return [{ [kind]: text.slice(at + 1) }];
  if (text.includes('@')) return [{ email: text }];
  if (text === '') throw new Complaint(64, '--to is empty', 'Name a subscriber, a topic, a channel or an address.');
  return [{ channel: text }, { topic: text }, { subscriber: text }];
}

/** The platform says which of them there is: nothing is stored of a request that it refuses. */
async function ask(client: Client, { body, to }: { body: object; to: (readonly Target[])[] }): Promise<NotifiedJson> {
  for (;;) {
    try {
      const json = { ...body, to: to.map(([first]) => first) };
      return await client.json<NotifiedJson>('POST', '/v1/notifications', { json });
    } catch (error) {
      const at = unknownTarget(error);
      const others = at === undefined ? undefined : to[at]?.slice(1);
      if (at === undefined || others === undefined || others.length === 0) throw error;
      to[at] = others;
    }
  }
}

function unknownTarget(error: unknown): number | undefined {
  if (!(error instanceof IepError)) return undefined;
  const [path] = (error.errors ?? []).flatMap((one) => /^to\.(\d+)\.(?:channel|topic)$/.exec(one.path) ?? []).slice(1);
  return path === undefined ? undefined : Number(path);
}
