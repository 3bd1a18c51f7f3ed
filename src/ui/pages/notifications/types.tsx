/** Notification types: what is told, by which channels, and how much of it at once. */

import type { NotificationType } from '../../api/types.ts';
import { Pill } from '../../kit/pill.tsx';
import { channelText } from './channel-names.ts';
import { type DefinitionKind, DefinitionView } from './definition-view.tsx';
import { readType, TypeFields } from './type-fields.tsx';

const kind: DefinitionKind<NotificationType> = {
  ...{ path: '/v1/notification-types', noun: 'notification type', nouns: 'Notification types', example: 'job.failed' },
  ...{ Fields: TypeFields, read: readType },
  says: 'A notification type says what is told, by which channels, and how much of it at once.',
  command: 'iep notification-type add job.failed --category jobs --channels email,slack',
  columns: [
    {
      head: 'Category',
      cell: ({ category, critical }) => (
        <>
          {category} {critical && <Pill state="bad" word="critical" />}
        </>
      ),
    },
    { head: 'By', cell: ({ channels }) => channelText(channels) },
    { head: 'How much', kind: 'narrow', cell: (type) => <span class="soft">{amountText(type)}</span> },
  ],
};

export function Types() {
  return <DefinitionView kind={kind} />;
}

function amountText({ digest, group, rateLimit }: NotificationType): string {
  const every = typeof digest?.every === 'object' ? `every ${digest.every.minutes} min` : digest?.every;
  const parts = [
    digest && `digest ${every}${digest.at === undefined ? '' : ` at ${digest.at}`}`,
    group && `one of a ${group.by} in ${group.windowMinutes} min`,
    rateLimit && `${rateLimit.count} in ${rateLimit.windowMinutes} min`,
  ];
  return parts.filter(Boolean).join('; ') || 'each at once';
}
