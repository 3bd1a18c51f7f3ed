/** One notification: to whom it went by which channel, and why each came, waits or did not come. */

import { useLocation, useRoute } from 'preact-iso/router';
import { call } from '../../api/call.ts';
import type { Calls } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { usePages } from '../../api/use-pages.ts';
import { Action } from '../../kit/action.tsx';
import { LoadMore } from '../../kit/load-more.tsx';
import { Page } from '../../kit/page.tsx';
import { Facts, Panel } from '../../kit/panel.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Empty, Loaded } from '../../kit/states.tsx';
import { type Column, RowLink, Table } from '../../kit/table.tsx';
import { Ago, At } from '../../kit/time.tsx';
import { Timeline } from '../../kit/timeline.tsx';
import { channelText } from '../notifications/channel-names.ts';
import { Acknowledge, Escalation, isEscalating } from '../notifications/notification-rows.tsx';

type Notification = Calls['GET /v1/notifications/{id}']['answer'];
type Delivery = Notification['deliveries'][number];

export default function NotificationPage() {
  const { id = '' } = useRoute().params;
  const notification = useData('GET /v1/notifications/{id}', { params: { id } }, 'live');
  const { data, refresh } = notification;
  return (
    <Page
      title={data?.type ?? 'Notification'}
      badge={data && <Escalation of={data} />}
      live
      actions={data && <Levers of={data} refresh={refresh} />}
    >
      <Loaded of={notification}>
        {(shown) => (
          <>
            <Panel title="Deliveries" flush>
              {shown.more > 0 ? <ManyDeliveries of={id} /> : <Deliveries rows={shown.deliveries} />}
            </Panel>
            <div class="columns">
              <div>
                <Panel title="What happened">
                  <Timeline entries={shown.timeline} />
                </Panel>
              </div>
              <div>
                <About of={shown} />
              </div>
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Deliveries({ rows }: { rows: readonly Delivery[] }) {
  if (rows.length === 0)
    return <Empty title="Nobody yet" text="Whom it goes to is still looked up, or nobody is there." />;
  return <Table label="Deliveries" rows={rows} columns={columns} rowKey={keyOf} />;
}

/** More than come with a notification. */
function ManyDeliveries({ of: id }: { of: string }) {
  const question = { params: { id }, query: { limit: 100 } };
  const { first, rows, more } = usePages('GET /v1/notifications/{id}/deliveries', question, keyOf);
  return (
    <Loaded of={first}>
      {() => (
        <>
          <Deliveries rows={rows} />
          <LoadMore more={more} />
        </>
      )}
    </Loaded>
  );
}

function keyOf({ subscriber, email, channelName, channel, step }: Delivery): string {
  return JSON.stringify([subscriber, email, channelName, channel, step]);
}

const columns: readonly Column<Delivery>[] = [
  { head: 'To', cell: (delivery) => <To of={delivery} /> },
  { head: 'By', cell: ({ channel }) => channelText([channel]) },
  {
    head: 'Status',
    cell: ({ status, reason, until }) => (
      <>
        <Pill state={status} />
        {reason && <p class="sub">{reason.replaceAll('_', ' ')}</p>}
        {until && (
          <p class="sub">
            until <At at={until} />
          </p>
        )}
      </>
    ),
  },
  { head: 'Step', kind: 'narrow', cell: ({ step }) => (step === 0 ? '' : step) },
  { head: 'Since', kind: 'narrow', cell: ({ updatedAt }) => <Ago at={updatedAt} /> },
  {
    head: 'Message',
    kind: 'end',
    cell: ({ messageId }) => messageId !== null && <RowLink href={`/ui/messages/${messageId}`}>open</RowLink>,
  },
];

function To({ of: { subscriber, email, channelName } }: { of: Delivery }) {
  if (subscriber !== null) return <>{subscriber}</>;
  return <>{email ?? `channel ${channelName}`}</>;
}

function About({ of }: { of: Notification }) {
  const { notificationId, category, rule, actor, escalation, cancelledAt, createdAt, data } = of;
  return (
    <Panel title="What it says">
      <Facts
        of={[
          ['Asked for', <At at={createdAt} />],
          ['Category', category],
          ['Rule', rule],
          ['Escalation', escalation],
          ['Cancelled', cancelledAt && <At at={cancelledAt} />],
          ['Set off by', actor == null ? null : <span class="mono">{JSON.stringify(actor)}</span>],
          ['Id', <span class="mono">{notificationId}</span>],
        ]}
      />
      <pre>{JSON.stringify(data, undefined, 2)}</pre>
    </Panel>
  );
}

function Levers({ of, refresh }: { of: Notification; refresh: () => void }) {
  const { route } = useLocation();
  const { notificationId: id, counts } = of;
  const isOpen = isEscalating(of) || (counts.pending ?? 0) + (counts.held ?? 0) > 0;
  const remove = async () => {
    const { outcome } = await call('DELETE /v1/notifications/{id}', { params: { id } });
    if (outcome === 'deleted') route('/ui/notifications');
    else refresh();
    return outcome === 'deleted' ? 'It is gone' : 'What was open of it is cancelled';
  };
  return (
    <>
      {isEscalating(of) && <Acknowledge of={of} refresh={refresh} look="primary" />}
      <Action
        run={remove}
        confirm={
          isOpen ? 'What has not gone yet does not go, and nobody is told next.' : 'It is gone from the history.'
        }
      >
        {isOpen ? 'Cancel' : 'Delete'}
      </Action>
    </>
  );
}
