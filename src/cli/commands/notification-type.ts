/** `iep notification-type`: what is told, by which channels, and how much of it at once. */

import type { Command } from 'commander';
import type { NotificationTypeJson } from '../client/wire.ts';
import { addDefinitionCommands, type DefinitionCommands } from '../definition-commands.ts';
import type { Shell } from '../shell.ts';
import { assignment, collectList } from '../values.ts';

interface TypeOptions {
  readonly category?: string;
  readonly critical?: boolean;
  readonly channels?: readonly string[];
  readonly template?: Readonly<Record<string, string>>;
  readonly unsubscribable?: boolean;
}

const kind: DefinitionCommands<NotificationTypeJson, TypeOptions> = {
  ...{ command: 'notification-type', noun: 'notification type', path: '/v1/notification-types' },
  describe: {
    add: 'add a notification type',
    list: 'list the notification types',
    show: 'one notification type whole',
    set: 'change what is given of a notification type',
    remove: 'remove a notification type',
  },
  flags: (command) =>
    command
      .option('--category <name>', 'what somebody unsubscribes from')
      .option('--channels <channels>', 'email, slack, teams, webhook, with commas between', collectList)
      .option('--template <channel=name>', 'the stored template of a channel; may be repeated', assignment)
      .option('--critical', 'passes preferences, limits and quiet hours')
      .option('--no-critical', 'as others')
      .option('--unsubscribable', 'somebody may unsubscribe from it')
      .option('--no-unsubscribable', 'nobody may unsubscribe from it'),
  fieldsOf: ({ category, critical, channels, template, unsubscribable }) => ({
    ...(category !== undefined && { category }),
    ...(critical !== undefined && { critical }),
    ...(channels !== undefined && { channels }),
    ...(template !== undefined && { templates: template }),
    ...(unsubscribable !== undefined && { unsubscribable }),
  }),
  head: ['CATEGORY', 'CHANNELS', 'CRITICAL', 'DIGEST'],
  rowOf: ({ category, channels, critical, digest }) => [
    ...[category, channels.join(', '), critical ? 'yes' : 'no'],
    digest === null ? null : periodText(digest.every),
  ],
  examples: {
    add: [
      'iep notification-type add job.failed --category jobs --channels email,slack --template email=job-failed',
      'iep notification-type add job.done --set digest.every=daily --set digest.at=09:00 --set group=\'{"by": "data.jobId", "windowMinutes": 10}\'',
      'iep notification-type add job.late -f type.yaml',
    ],
    set: ['iep notification-type set job.failed --critical --set digest='],
  },
};

function periodText(every: NonNullable<NotificationTypeJson['digest']>['every']): string {
  return typeof every === 'string' ? every : `${every.minutes} min`;
}

export function notificationType(command: Command, shell: Shell): void {
  addDefinitionCommands(kind, command, shell);
}
