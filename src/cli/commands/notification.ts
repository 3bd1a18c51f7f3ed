/** `iep notification`: what was told, why each delivery came or not, and an end to what goes on. */

import type { Command } from 'commander';
import { counted } from '../../core/counted.ts';
import { localTime } from '../../core/time-text.ts';
import { withClient } from '../client/client.ts';
import { allRows } from '../client/rows.ts';
import type {
  AcknowledgedJson,
  NotificationDeliveryJson,
  NotificationJson,
  NotificationRowJson,
  PageJson,
} from '../client/wire.ts';
import type { Globals } from '../globals.ts';
import { ofSeveralTenants } from '../messages.ts';
import { print, printJson, printTable, visible } from '../output.ts';
import type { Shell } from '../shell.ts';
import { moment, wholeNumber } from '../values.ts';

const PATH = '/v1/notifications';
const pathOf = (id: string) => `${PATH}/${encodeURIComponent(id)}`;

export function notification(command: Command, shell: Shell): void {
  addList(command, shell);
  addShow(command, shell);
  addDeliveries(command, shell);
  addAcknowledge(command, shell);
  addCancel(command, shell);
  command.addHelpText('after', '\nExample:\n  $ iep notification list --status held --subscriber u17\n');
}

interface ListOptions extends Globals {
  readonly type?: string;
  readonly category?: string;
  readonly subscriber?: string;
  readonly channel?: string;
  readonly status?: string;
  readonly since?: number;
  readonly until?: number;
  readonly query?: string;
  readonly limit?: number;
}

function addList(command: Command, shell: Shell): void {
  command
    .command('list')
    .description('what was told, the newest first')
    .option('--type <name>', 'only of this type')
    .option('--category <name>', 'only of this category')
    .option('--subscriber <id>', 'only to this subscriber')
    .option('--channel <type>', 'only by this channel: email, slack, teams, webhook')
    .option('--status <status>', 'only with a delivery that is pending, held, sent, delivered, failed, skipped, …')
    .option('--since <time>', 'only since then, such as 2h or 2026-11-22', moment(shell.clock.now(), 'past'))
    .option('--until <time>', 'only before then', moment(shell.clock.now(), 'past'))
    .option('-q, --query <words>', 'only with these words in id, type, data or recipients')
    .option('--limit <n>', 'so many at most', wholeNumber, 50)
    .action(async (_options, self: Command) => {
      const { since, until, query, json, limit, ...options } = self.optsWithGlobals<ListOptions>();
      const { type, category, subscriber, channel, status } = options;
      const [from, to] = [since, until].map((at) => (at === undefined ? undefined : new Date(at).toISOString()));
      const given = { type, category, subscriber, channel, status, from, to, q: query, limit };
      const asked = Object.entries(given).filter((one) => one[1] !== undefined);
      const search = new URLSearchParams(asked.map(([name, value]) => [name, String(value)]));
      await withClient({ shell, globals: options }, async (client) => {
        const page = await client.json<PageJson<NotificationRowJson>>('GET', `${PATH}?${search}`);
        if (json === true) return printJson(shell, page.items);
        const ofSeveral = ofSeveralTenants(page.items);
        printTable(
          shell,
          [...(ofSeveral ? ['TENANT'] : []), 'ID', 'AT', 'TYPE', 'DELIVERIES', 'ACKNOWLEDGED'],
          page.items.map((one) => [
            ...(ofSeveral ? [one.tenant] : []),
            one.notificationId,
            localTime(one.createdAt),
            one.type,
            countsText(one.counts),
            one.acknowledgedBy ?? '',
          ]),
        );
      });
    });
}

function countsText(counts: NotificationRowJson['counts']): string {
  return Object.entries(counts)
    .map(([status, count]) => `${count} ${status}`)
    .join(', ');
}

function addShow(command: Command, shell: Shell): void {
  command
    .command('show <id>')
    .description('one, with its deliveries, and why each came, waits or did not come')
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const found = await client.json<NotificationJson>('GET', pathOf(id));
        if (options.json === true) printJson(shell, found);
        else printNotification(shell, found);
      });
    });
}

const RFC3339 = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

export function printNotification(shell: Shell, it: NotificationJson): void {
  print(shell, `${it.notificationId}  ${it.type}  ${countsText(it.counts)}`);
  print(shell, visible(JSON.stringify(it.data)));
  print(shell, '');
  printDeliveries(shell, it.deliveries);
  if (it.more > 0) {
    const all = `iep notification deliveries ${it.notificationId}`;
    print(shell, `… and ${counted(it.more, 'delivery', 'deliveries')} more, which the counts above hold: ${all}`);
  }
  print(shell, '');
  printTable(
    shell,
    ['AT', 'WHAT HAPPENED'],
    it.timeline.map(({ at, text }) => [localTime(at), text.replace(RFC3339, localTime)]),
  );
}

function printDeliveries(shell: Shell, deliveries: readonly NotificationDeliveryJson[]): void {
  printTable(
    shell,
    ['TO', 'CHANNEL', 'STATUS', 'REASON', 'MESSAGE'],
    deliveries.map((one) => [
      one.subscriber ?? one.email ?? one.channelName ?? '',
      one.channel,
      one.status,
      [one.reason, one.until && `until ${localTime(one.until)}`].filter(Boolean).join(' '),
      one.messageId,
    ]),
  );
}

function addDeliveries(command: Command, shell: Shell): void {
  command
    .command('deliveries <id>')
    .description('all deliveries of one, however many there are')
    .option('--limit <n>', 'at most so many; left out, all', wholeNumber, Number.POSITIVE_INFINITY)
    .action(async (id: string, _options, self: Command) => {
      const { json, limit, ...options } = self.optsWithGlobals<Globals & { readonly limit: number }>();
      await withClient({ shell, globals: options }, async (client) => {
        const found = await allRows<NotificationDeliveryJson>(client, `${pathOf(id)}/deliveries`, { limit });
        if (json === true) printJson(shell, found);
        else printDeliveries(shell, found);
      });
    });
}

function addAcknowledge(command: Command, shell: Shell): void {
  command
    .command('acknowledge <id>')
    .description('somebody has seen it: its escalation ends')
    .option('--by <name>', 'who has; left out, who calls')
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { readonly by?: string }>();
      const json = options.by === undefined ? {} : { by: options.by };
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const said = await client.json<AcknowledgedJson>('POST', `${pathOf(id)}/acknowledge`, { json });
        if (options.json === true) return printJson(shell, said);
        const by = `${said.acknowledgedBy} at ${localTime(said.acknowledgedAt ?? '')}`;
        print(shell, said.isNew ? `acknowledged by ${by}` : `it was acknowledged before, by ${by}`);
      });
    });
}

function addCancel(command: Command, shell: Shell): void {
  command
    .command('cancel <id>')
    .description('cancel what is open of it; one of which nothing is open is deleted')
    .action(async (id: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const said = await client.json<{ readonly outcome: string }>('DELETE', pathOf(id));
        if (options.json === true) printJson(shell, said);
        else print(shell, `notification ${id} ${said.outcome}`);
      });
    });
}
