/** `iep tail`: events as they happen, until interrupted. */

import type { Command } from 'commander';
import { eventTypes } from '../../core/message.ts';
import { localTime } from '../../core/time-text.ts';
import { withClient } from '../client/client.ts';
import { followEvents } from '../client/events.ts';
import type { EventJson } from '../client/wire.ts';
import { saidIn } from '../event-text.ts';
import { Complaint } from '../failure.ts';
import type { Globals } from '../globals.ts';
import { severalTenants } from '../of-tenants.ts';
import { print, printJsonLine, remark, visible } from '../output.ts';
import { isInteractive, type Paint, paint, type Shell } from '../shell.ts';
import { collectList, moment } from '../values.ts';

type Options = Globals & {
  readonly type?: readonly string[];
  readonly to?: string;
  readonly message?: string;
  readonly since?: number;
};

const COLOURS: Readonly<Record<string, Paint>> = {
  sent: 'green',
  delivered: 'green',
  failed: 'red',
  bounced: 'red',
  dlq: 'red',
  complained: 'red',
  retry_scheduled: 'yellow',
  delivery_delayed: 'yellow',
  suppressed: 'yellow',
  'tenant.bounce_rate': 'red',
  'tenant.complaint_rate': 'red',
  'notification.failed': 'red',
  'notification.escalated': 'yellow',
};

export function tail(command: Command, shell: Shell): void {
  command
    .option('--type <types>', 'only these events; several between commas', collectList)
    .option('--to <address>', 'only what is about this recipient')
    .option('--message <id>', 'only this message')
    .option('--since <time>', 'begin with what happened since: 15m, 2h, or a time', moment(shell.clock.now(), 'past'))
    .addHelpText(
      'after',
      `
With --json each event is a document on a line of its own.

Examples:
  $ iep tail
  $ iep tail --type failed,bounced,dlq --since 1h
  $ iep tail --message 019cf5b2-6a00-7000-8000-3f1c8a5d9e01 --since 1d
  $ iep tail --json | jq -r 'select(.type == "sent") | .messageId'
`,
    )
    .action(async () => {
      const options = command.optsWithGlobals<Options>();
      const unknown = options.type?.find((type) => !(eventTypes as readonly string[]).includes(type));
      if (unknown !== undefined) {
        throw new Complaint(64, `no event is called ${unknown}`, `There are: ${eventTypes.join(', ')}.`);
      }
      await withClient({ shell, globals: options }, async (client) => {
        const slugs = await severalTenants(client);
        const since = options.since === undefined ? undefined : new Date(options.since).toISOString();
        let isFollowing = false;
        const query = { type: options.type?.join(','), messageId: options.message, recipient: options.to, since };
        const follow = {
          signal: AbortSignal.any([stopSignal(), shell.output.closed]),
          reconnecting: (why: string) => remark(shell, `iep: the stream broke off (${why}); connecting again`),
        };
        for await (const event of followEvents(client, query, follow)) {
          if (event === 'connected') {
            if (!isFollowing && isInteractive(shell)) remark(shell, 'Following events as they happen; Ctrl-C ends it.');
            isFollowing = true;
            continue;
          }
          if (options.json === true)
            printJsonLine(shell, slugs ? { ...event, tenant: slugs.get(event.tenantId) ?? null } : event);
          else print(shell, line(shell, event, slugs && (slugs.get(event.tenantId) ?? event.tenantId)));
        }
      });
    });
}

/** Aborts at Ctrl-C, so that the local store is closed in order. */
function stopSignal(): AbortSignal {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => abort.abort());
  return abort.signal;
}

/** `tenant`: slug, where several are followed. */
function line(shell: Shell, event: EventJson, tenant: string | undefined): string {
  const type = event.type.padEnd(16);
  const colour = COLOURS[event.type];
  const shown = colour === undefined ? type : paint(shell, shell.stdout, { as: colour, text: type });
  const reply = saidIn(event.data);
  const about = [event.recipient ?? '', reply].filter((text) => text !== '').join('  ');
  const named = event.messageId ?? event.subject?.kind ?? '';
  return `${localTime(event.timestamp)}  ${tenant === undefined ? '' : `${tenant}  `}${shown}  ${named}  ${visible(about)}`.trimEnd();
}
