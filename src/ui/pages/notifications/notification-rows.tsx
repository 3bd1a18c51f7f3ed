/** Notifications in a table, and what is done with one. */

import { call } from '../../api/call.ts';
import type { Calls } from '../../api/types.ts';
import { Action } from '../../kit/action.tsx';
import { Pill } from '../../kit/pill.tsx';
import { type Column, RowLink } from '../../kit/table.tsx';
import { Ago, countText } from '../../kit/time.tsx';
import { tenantColumn } from '../../kit/whose.tsx';

export type NotificationRow = Calls['GET /v1/notifications']['answer']['items'][number];
type Standing = Pick<NotificationRow, 'escalation' | 'acknowledgedAt' | 'acknowledgedBy' | 'cancelledAt'>;

export function notificationColumns(refresh: () => void): readonly Column<NotificationRow>[] {
  return [
    {
      head: 'Notification',
      kind: 'wide',
      cell: ({ notificationId, type, data }) => (
        <>
          <RowLink href={`/ui/notifications/${notificationId}`}>
            <span class="clip">{type}</span>
          </RowLink>
          <span class="sub clip">{dataText(data)}</span>
        </>
      ),
    },
    ...tenantColumn<NotificationRow>(),
    { head: 'Deliveries', cell: ({ counts }) => <Counts counts={counts} /> },
    { head: 'Escalation', kind: 'narrow', cell: (row) => <Escalation of={row} /> },
    { head: 'Asked for', kind: 'narrow', cell: ({ createdAt }) => <Ago at={createdAt} /> },
    { head: 'Do', kind: 'end', cell: (row) => isEscalating(row) && <Acknowledge of={row} refresh={refresh} /> },
  ];
}

function Counts({ counts }: Pick<NotificationRow, 'counts'>) {
  const some = Object.entries(counts);
  if (some.length === 0) return <span class="faint">none</span>;
  return (
    <span class="row">
      {some.map(([status, count]) => (
        <Pill key={status} state={status} word={count === 1 ? status : `${countText(count)} ${status}`} />
      ))}
    </span>
  );
}

export function Escalation({ of }: { of: Standing }) {
  const { escalation, acknowledgedAt, acknowledgedBy } = of;
  if (acknowledgedAt !== null) {
    return (
      <>
        <Pill state="acknowledged" />
        <p class="sub">
          by {acknowledgedBy ?? 'somebody'}, <Ago at={acknowledgedAt} />
        </p>
      </>
    );
  }
  if (escalation === null) return null;
  return isEscalating(of) ? <Pill state="warn" word={escalation} /> : <span class="soft">{escalation}</span>;
}

/** Whether somebody is told next, for as long as nobody acknowledges. */
export function isEscalating({ escalation, acknowledgedAt, cancelledAt }: Standing): boolean {
  return escalation !== null && acknowledgedAt === null && cancelledAt === null;
}

interface AcknowledgeProps {
  readonly of: Pick<NotificationRow, 'notificationId' | 'type'>;
  readonly refresh: () => void;
  readonly look?: 'small' | 'primary';
}

export function Acknowledge({ of: { notificationId: id, type }, refresh, look = 'small' }: AcknowledgeProps) {
  const run = async () => {
    const { acknowledgedBy, isNew } = await call('POST /v1/notifications/{id}/acknowledge', { params: { id } });
    refresh();
    return isNew
      ? `${type} is acknowledged: nobody is told next`
      : `${acknowledgedBy ?? 'Somebody'} had acknowledged it`;
  };
  return (
    <Action look={look} run={run}>
      Acknowledge
    </Action>
  );
}

/** Its plain values, in short. */
function dataText(data: NotificationRow['data']): string {
  return Object.entries(data)
    .flatMap(([name, value]) => (typeof value === 'object' ? [] : [`${name} ${String(value)}`]))
    .slice(0, 4)
    .join(', ');
}
