/** `iep replay`: posts webhooks again, by delivery, by message, by time, or what an endpoint missed while it was off. */

import type { Command } from 'commander';
import { IepError } from '../../core/errors.ts';
import { type Client, withClient } from '../client/client.ts';
import type { DeliveryJson, ListJson, MessageRowJson, PageJson, ReplayedJson, WebhookJson } from '../client/wire.ts';
import { confirmMany } from '../confirm.ts';
import { Complaint } from '../failure.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, remark } from '../output.ts';
import type { Shell } from '../shell.ts';
import { moment, spanEnd } from '../values.ts';

const PATH = '/v1/webhooks';
/** More are not counted. */
const PENDING_SHOWN = 100;

interface Options extends Globals {
  readonly webhook?: string;
  readonly message?: string;
  readonly since?: number;
  readonly until?: number;
  readonly missed?: true;
  readonly dryRun?: true;
  readonly yes?: true;
}

interface Replayed {
  readonly webhookId: string;
  readonly matched: number;
}

export function replay(command: Command, shell: Shell): void {
  const past = moment(shell.clock.now(), 'past');
  command
    .argument('[delivery...]', 'deliveries, by id')
    .option('--webhook <id>', 'to this webhook; else to every one of the tenant that is on')
    .option('--message <id>', 'what happened to this message')
    .option('--since <time>', 'what happened since: 2h, 3d, or a time such as 2027-01-31T09:00:00Z', past)
    .option('--until <time>', 'what happened before; a date is included', spanEnd(shell.clock.now()))
    .option('--missed', 'only what was never delivered; alone, what was missed while the webhook was off')
    .option('--dry-run', 'only count')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
A webhook that is sent again has the webhook-id that it had, so that a receiver which knows it can tell.

Examples:
  $ iep replay DELIVERY
  $ iep replay --message ID
  $ iep replay --since 2h --missed --dry-run
  $ iep replay --webhook ID --missed --yes
`,
    )
    .action(async (deliveries: string[], _options, self: Command) => {
      const options = self.optsWithGlobals<Options>();
      checkUse(deliveries, options);
      await withClient({ shell, globals: options }, (client) =>
        deliveries.length > 0
          ? replayDeliveries(shell, { client, options, deliveries })
          : replayMany(shell, { client, options }),
      );
    });
}

function checkUse(deliveries: readonly string[], { message, since, until, missed, dryRun }: Options): void {
  const hasFilter = message !== undefined || since !== undefined || missed === true;
  if (deliveries.length > 0) {
    if (!hasFilter && until === undefined && dryRun !== true) return;
    throw new Complaint(64, 'deliveries are named, and options say which', 'Name them or give options, not both.');
  } else if (!hasFilter) {
    throw new Complaint(64, 'say what to post again', 'Name deliveries, or give --message, --since or --missed.');
  }
}

/** Of all tenants where an operator names none; a message is one tenant's, and so are the webhooks that hear of it. */
async function webhooksMeant(client: Client, { webhook, message }: Options): Promise<readonly string[]> {
  if (webhook !== undefined) return [webhook];
  const [{ items }, about] = await Promise.all([
    client.json<ListJson<WebhookJson>>('GET', PATH),
    message === undefined
      ? undefined
      : client.json<MessageRowJson>('GET', `/v1/messages/${encodeURIComponent(message)}`),
  ]);
  const on = items
    .filter(({ active, tenant }) => active && (about === undefined || about.tenant === tenant))
    .map(({ id }) => id);
  if (on.length === 0) throw new Complaint(65, 'no webhook is on', '`iep webhook list` shows them.');
  return on;
}

async function replayDeliveries(
  shell: Shell,
  { client, options, deliveries }: { client: Client; options: Options; deliveries: readonly string[] },
): Promise<void> {
  const webhooks = await webhooksMeant(client, options);
  const again: DeliveryJson[] = [];
  for (const id of deliveries) {
    const delivery = await replayOne(client, webhooks, id);
    again.push(delivery);
    if (options.json !== true) print(shell, `${delivery.id}  ${delivery.event}  ${delivery.status}`);
  }
  if (options.json === true) printJson(shell, again);
}

/** A delivery belongs to one webhook; where none was named, whose it is is found out by asking. */
async function replayOne(client: Client, webhooks: readonly string[], id: string): Promise<DeliveryJson> {
  let refusal: unknown;
  for (const webhook of webhooks) {
    try {
      const path = `${PATH}/${encodeURIComponent(webhook)}/deliveries/${encodeURIComponent(id)}/replay`;
      return await client.json<DeliveryJson>('POST', path);
    } catch (error) {
      if (!(error instanceof IepError) || error.code !== 'not_found') throw error;
      refusal = error;
    }
  }
  throw refusal;
}

async function replayMany(shell: Shell, { client, options }: { client: Client; options: Options }): Promise<void> {
  const webhooks = await webhooksMeant(client, options);
  const count = await each(client, { webhooks, options, dryRun: true });
  const total = count.reduce((sum, { matched }) => sum + matched, 0);
  const asked = { command: 'replay', question: `Post ${total} again?`, count: total };
  // A message that is named needs no question.
  const given = options.message === undefined ? options : { ...options, yes: true as const };
  const goesOn = await confirmMany(shell, given, asked);
  const done = goesOn ? await each(client, { webhooks, options, dryRun: false }) : count;
  if (options.json === true) return printJson(shell, { dryRun: !goesOn, webhooks: done });
  for (const { webhookId, matched } of done) {
    print(
      shell,
      `${webhookId}  ${matched} ${goesOn ? 'posted again' : options.dryRun === true ? 'would be posted again' : 'found; none posted again'}`,
    );
  }
  if (options.missed === true) await tellOfPending(shell, client, webhooks);
}

/** A delivery that has tries left is not missed; this says where to find it. */
async function tellOfPending(shell: Shell, client: Client, webhooks: readonly string[]): Promise<void> {
  for (const webhookId of webhooks) {
    const path = `${PATH}/${encodeURIComponent(webhookId)}/deliveries`;
    const query = { status: 'pending', limit: PENDING_SHOWN };
    const { items, cursor } = await client.json<PageJson<DeliveryJson>>('GET', path, { query });
    if (items.length === 0) continue;
    const count = cursor === null ? String(items.length) : `More than ${items.length}`;
    remark(
      shell,
      `${webhookId}: ${count} pending, which IEP posts by itself; \`iep webhook deliveries ${webhookId}\` shows when.`,
    );
  }
}

/** The log is gone through in parts, so that a long one holds nobody up. */
async function each(
  client: Client,
  { webhooks, options, dryRun }: { webhooks: readonly string[]; options: Options; dryRun: boolean },
): Promise<readonly Replayed[]> {
  const iso = (at: number) => new Date(at).toISOString();
  const done: Replayed[] = [];
  for (const webhookId of webhooks) {
    let matched = 0;
    let cursor: string | undefined;
    do {
      const part: ReplayedJson = await client.json('POST', `${PATH}/${encodeURIComponent(webhookId)}/replay`, {
        json: {
          dryRun,
          missed: options.missed === true,
          ...(options.message !== undefined && { messageId: options.message }),
          ...(options.since !== undefined && { from: iso(options.since) }),
          ...(options.until !== undefined && { to: iso(options.until) }),
          ...(cursor !== undefined && { cursor }),
        },
      });
      matched += part.matched;
      cursor = part.cursor ?? undefined;
    } while (cursor !== undefined);
    done.push({ webhookId, matched });
  }
  return done;
}
