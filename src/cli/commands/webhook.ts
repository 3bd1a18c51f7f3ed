/** `iep webhook`: the URLs that a tenant's events are posted to. A secret is shown once, when it is made. */

import type { Command } from 'commander';
import { localTime } from '../../core/time-text.ts';
import { type Client, withClient } from '../client/client.ts';
import { allRows } from '../client/rows.ts';
import type {
  DeliveryDetailJson,
  DeliveryJson,
  ListJson,
  NewWebhookJson,
  TestedWebhookJson,
  WebhookJson,
} from '../client/wire.ts';
import { confirmLoss } from '../confirm.ts';
import { Complaint, Exit } from '../failure.ts';
import type { Globals } from '../globals.ts';
import { ofSeveralTenants } from '../messages.ts';
import { print, printJson, printTable, remark, visible, visibleLines } from '../output.ts';
import type { Shell } from '../shell.ts';
import { collectList, duration, wholeNumber } from '../values.ts';

const PATH = '/v1/webhooks';
/** sysexits(3): EX_UNAVAILABLE. */
const UNAVAILABLE = 69;

const EVENTS = 'events, such as sent,failed,bounced; all of them where it is left out';

export function webhook(command: Command, shell: Shell): void {
  addAdd(command, shell);
  addList(command, shell);
  addShow(command, shell);
  addSet(command, shell);
  addRotate(command, shell);
  addRemove(command, shell);
  addTest(command, shell);
  addDeliveries(command, shell);
  command.addHelpText(
    'after',
    `
Examples:
  $ iep webhook add https://app.example.com/hooks --events sent,failed,bounced
  $ iep webhook test ID
  $ iep webhook deliveries ID --status failed
`,
  );
}

const pathOf = (id: string) => `${PATH}/${encodeURIComponent(id)}`;

function addAdd(command: Command, shell: Shell): void {
  command
    .command('add <url>')
    .description('have events posted to a URL, from now on, and show its secret, once')
    .option('--events <events>', EVENTS, collectList)
    .option('--description <text>', 'what it is for')
    .addHelpText(
      'after',
      `
Examples:
  $ iep webhook add https://app.example.com/hooks --tenant acme
  $ iep webhook add https://app.example.com/hooks --events sent,failed,bounced --json | jq -r .secret
`,
    )
    .action(async (url: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { events?: string[]; description?: string }>();
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const { events, description } = options;
        const made = await client.json<NewWebhookJson>('POST', PATH, {
          json: { url, ...(events && { events }), ...(description !== undefined && { description }) },
        });
        showSecret(shell, options, made);
      });
    });
}

function showSecret(shell: Shell, options: Globals, made: NewWebhookJson): void {
  if (options.json === true) {
    printJson(shell, made);
    return;
  }
  print(shell, `webhook  ${made.id}`);
  print(shell, `secret   ${made.secret}`);
  remark(shell, 'The secret is shown this once; the receiver needs it to check signatures.');
}

function addList(command: Command, shell: Shell): void {
  command
    .command('list')
    .description('list the webhooks')
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const { items } = await client.json<ListJson<WebhookJson>>('GET', PATH);
        const ofSeveral = ofSeveralTenants(items);
        if (options.json === true) return printJson(shell, items);
        if (items.length === 0) return print(shell, 'There are no webhooks.');
        printTable(
          shell,
          [...(ofSeveral ? ['TENANT'] : []), 'ID', 'STATE', 'URL', 'EVENTS'],
          items.map((item) => [
            ...(ofSeveral ? [item.tenant] : []),
            item.id,
            stateOf(item),
            item.url,
            item.events.join(','),
          ]),
        );
      });
    });
}

function stateOf({ active, disabledReason, failingSince }: WebhookJson): string {
  if (!active) return `off: ${disabledReason}`;
  return failingSince === null ? 'on' : `failing since ${localTime(failingSince)}`;
}

function addShow(command: Command, shell: Shell): void {
  command
    .command('show <id>')
    .description('show one webhook')
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        show(shell, options, await client.json<WebhookJson>('GET', pathOf(id)));
      });
    });
}

function show(shell: Shell, options: Globals, found: WebhookJson): void {
  if (options.json === true) {
    printJson(shell, found);
    return;
  }
  print(shell, `webhook      ${found.id}`);
  print(shell, `url          ${visible(found.url)}`);
  print(shell, `events       ${found.events.join(', ')}`);
  print(shell, `state        ${stateOf(found)}`);
  if (found.description !== null) print(shell, `description  ${visible(found.description)}`);
  if (found.previousSecretUntil !== null) {
    print(shell, `old secret   signs too until ${localTime(found.previousSecretUntil)}`);
  }
  print(shell, `since        ${localTime(found.createdAt)}`);
}

function addSet(command: Command, shell: Shell): void {
  command
    .command('set <id>')
    .description('change a webhook, or turn it off and on')
    .option('--to <url>', 'post to this URL from now on')
    .option('--events <events>', 'events, such as sent,failed,bounced; * is all', collectList)
    .option('--description <text>', 'what it is for')
    .option('--active', 'turn it on; it gets what happens from now on')
    .option('--inactive', 'turn it off; what waits is cancelled')
    .addHelpText(
      'after',
      `
What a webhook missed while it was off is posted by \`iep replay --missed\`.

Examples:
  $ iep webhook set ID --inactive
  $ iep webhook set ID --active && iep replay --webhook ID --missed
`,
    )
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<
        Globals & { to?: string; events?: string[]; description?: string; active?: true; inactive?: true }
      >();
      if (options.active && options.inactive) {
        throw new Complaint(64, 'it cannot be both on and off', 'Give --active or --inactive.');
      }
      const change = {
        ...(options.to !== undefined && { url: options.to }),
        ...(options.events && { events: options.events }),
        ...(options.description !== undefined && { description: options.description }),
        ...(options.active && { active: true }),
        ...(options.inactive && { active: false }),
      };
      if (Object.keys(change).length === 0) {
        throw new Complaint(64, 'nothing to change', 'See `iep webhook set --help`.');
      }
      await withClient({ shell, globals: options }, async (client) => {
        show(shell, options, await client.json<WebhookJson>('PUT', pathOf(id), { json: change }));
      });
    });
}

function addRotate(command: Command, shell: Shell): void {
  command
    .command('rotate <id>')
    .description('give a webhook a new secret and show it, once; the old one signs too for a while')
    .option('--overlap <time>', 'how long both sign: 1h, 2d; 0s ends the old one at once', duration)
    .addHelpText('after', '\nExample:\n  $ iep webhook rotate ID --overlap 2d\n')
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { overlap?: number }>();
      await withClient({ shell, globals: options }, async (client) => {
        const { overlap } = options;
        const rotated = await client.json<NewWebhookJson>('POST', `${pathOf(id)}/rotate`, {
          json: overlap === undefined ? {} : { overlapSeconds: overlap / 1_000 },
        });
        showSecret(shell, options, rotated);
        if (options.json === true) return;
        const until = rotated.previousSecretUntil;
        remark(
          shell,
          until ? `The old secret signs too until ${localTime(until)}.` : 'The old secret no longer signs.',
        );
      });
    });
}

function addRemove(command: Command, shell: Shell): void {
  command
    .command('remove <id>')
    .description('remove a webhook and what was posted to it')
    .option('--yes', 'do not ask')
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { yes?: true }>();
      const question = `Remove the webhook ${id} with what waits for it?`;
      if (!(await confirmLoss(shell, options, { command: 'webhook remove', question }))) {
        return remark(shell, 'Nothing was removed.');
      }
      await withClient({ shell, globals: options }, async (client) => {
        await client.call('DELETE', pathOf(id));
        if (options.json === true) printJson(shell, { id, removed: true });
        else print(shell, `${id} removed`);
      });
    });
}

function addTest(command: Command, shell: Shell): void {
  command
    .command('test <id>')
    .description('post a sample at once and show what comes back')
    .addHelpText('after', '\nIts exit code is 69 where the answer is not 2xx.\n')
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const tested = await client.json<TestedWebhookJson>('POST', `${pathOf(id)}/test`);
        if (options.json === true) printJson(shell, tested);
        else {
          print(shell, `${tested.ok ? '' : 'failed: '}${tested.status ?? tested.error} after ${tested.durationMs} ms`);
          if (tested.answer) print(shell, visibleLines(tested.answer));
        }
        if (!tested.ok) throw new Exit(UNAVAILABLE);
      });
    });
}

function addDeliveries(command: Command, shell: Shell): void {
  command
    .command('deliveries <id> [delivery]')
    .description('list what was posted to a webhook or waits to be; or show one with every request and answer')
    .option('--status <status>', 'pending, delivered, failed or cancelled')
    .option('--message <id>', 'about this message')
    .option('--limit <n>', 'at most so many', wholeNumber, 50)
    .addHelpText(
      'after',
      `
Examples:
  $ iep webhook deliveries ID --status failed
  $ iep webhook deliveries ID DELIVERY
`,
    )
    .action(async (id: string, deliveryId: string | undefined, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { status?: string; message?: string; limit: number }>();
      await withClient({ shell, globals: options }, async (client) => {
        if (deliveryId !== undefined) {
          const path = `${pathOf(id)}/deliveries/${encodeURIComponent(deliveryId)}`;
          return showDelivery(shell, options, await client.json<DeliveryDetailJson>('GET', path));
        }
        const found = await listDeliveries(client, id, options);
        if (options.json === true) return printJson(shell, found);
        if (found.length === 0) return print(shell, 'Nothing was posted.');
        printTable(
          shell,
          ['DELIVERY', 'EVENT', 'MESSAGE', 'STATUS', 'TRIES', 'ANSWER', 'NEXT TRY'],
          found.map((item) => [
            ...[item.id, item.event, item.messageId, item.status, item.attempts, item.lastAnswer],
            localTime(item.nextAttemptAt),
          ]),
        );
      });
    });
}

function listDeliveries(
  client: Client,
  id: string,
  { status, message, limit }: { status?: string; message?: string; limit: number },
): Promise<DeliveryJson[]> {
  return allRows(client, `${pathOf(id)}/deliveries`, { query: { status, messageId: message }, limit });
}

function showDelivery(shell: Shell, options: Globals, found: DeliveryDetailJson): void {
  if (options.json === true) {
    printJson(shell, found);
    return;
  }
  print(shell, `delivery  ${found.id}`);
  print(shell, `event     ${found.event}${found.messageId === null ? '' : ` of message ${found.messageId}`}`);
  print(shell, `status    ${found.status}`);
  if (found.nextAttemptAt !== null) print(shell, `next try  ${localTime(found.nextAttemptAt)}`);
  print(shell, `body      ${visible(found.body)}`);
  for (const attempt of found.attemptLog) {
    const came = visible(String(attempt.status ?? attempt.error));
    print(shell, `\n${attempt.number}. ${localTime(attempt.startedAt)}  ${came}  after ${attempt.durationMs} ms`);
    for (const [name, value] of Object.entries(attempt.request.headers)) print(shell, `   > ${name}: ${value}`);
    for (const line of visibleLines(attempt.answer ?? '').split('\n')) if (line !== '') print(shell, `   < ${line}`);
  }
}
