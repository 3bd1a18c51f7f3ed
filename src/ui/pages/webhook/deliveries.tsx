/** What was posted to an endpoint, and what came back. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import type { Delivery } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { usePages } from '../../api/use-pages.ts';
import { Action } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { FilterChoice } from '../../kit/filter-choice.tsx';
import { LoadMore } from '../../kit/load-more.tsx';
import { Panel } from '../../kit/panel.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Empty, Loaded } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/table.tsx';
import { Ago, At, countText } from '../../kit/time.tsx';

const statuses = ['pending', 'delivered', 'failed', 'cancelled'] as const;
type Status = (typeof statuses)[number];

export function Deliveries({ webhookId: id }: { webhookId: string }) {
  const [status, setStatus] = useState<Status>();
  const query = { limit: 50, ...(status !== undefined && { status }) };
  const { first, rows, more } = usePages(
    'GET /v1/webhooks/{id}/deliveries',
    { params: { id }, query },
    (row) => row.id,
    'steady',
  );
  return (
    <Panel
      title="Deliveries"
      flush
      aside={
        <FilterChoice
          label="Status"
          any="Any status"
          value={status ?? ''}
          options={statuses.map((one) => [one, one])}
          onChange={(wanted) => setStatus(statuses.find((one) => one === wanted))}
        />
      }
    >
      <Loaded of={first}>
        {() =>
          rows.length === 0 ? (
            <Empty title="No delivery" text="An event is posted as it happens." />
          ) : (
            <>
              <Table label="Deliveries" rows={rows} columns={columns(first.refresh)} rowKey={(row) => row.id} />
              <LoadMore more={more} />
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

function columns(refresh: () => void): readonly Column<Delivery>[] {
  return [
    { head: 'Status', cell: ({ status }) => <Pill state={status} /> },
    {
      head: 'Event',
      cell: (delivery) => (
        <>
          <Detail delivery={delivery} />
          {delivery.lastAnswer && <p class="sub clip">{delivery.lastAnswer}</p>}
        </>
      ),
    },
    { head: 'Message', kind: 'narrow', cell: ({ messageId }) => <a href={`/ui/messages/${messageId}`}>open</a> },
    { head: 'Tries', kind: 'narrow', cell: ({ attempts }) => attempts },
    { head: 'Next', kind: 'narrow', cell: ({ nextAttemptAt }) => nextAttemptAt && <Ago at={nextAttemptAt} /> },
    { head: 'Changed', kind: 'narrow', cell: ({ updatedAt }) => <Ago at={updatedAt} /> },
    {
      head: 'Do',
      kind: 'end',
      cell: ({ id: did, webhookId: id }) => (
        <Action
          look="small"
          run={async () => {
            await call('POST /v1/webhooks/{id}/deliveries/{did}/replay', { params: { id, did } });
            refresh();
            return 'It is posted again';
          }}
        >
          Replay
        </Action>
      ),
    },
  ];
}

function Detail({ delivery: { id: did, webhookId: id, event } }: { delivery: Delivery }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="link" data-row onClick={() => setOpen(true)}>
        {event}
      </button>
      <Dialog title={event} isOpen={isOpen} onClose={() => setOpen(false)}>
        <Tries id={id} did={did} />
      </Dialog>
    </>
  );
}

function Tries({ id, did }: { id: string; did: string }) {
  const delivery = useData('GET /v1/webhooks/{id}/deliveries/{did}', { params: { id, did } });
  return (
    <Loaded of={delivery}>
      {({ body, attemptLog }) => (
        <>
          <pre class="source">{body}</pre>
          <ol class="timeline">
            {attemptLog.map(({ number, startedAt, durationMs, status, answer, error }) => (
              <li key={number} data-tone={status !== null && status < 300 ? 'good' : 'bad'}>
                <p>{error ?? `answered ${status}`}</p>
                {answer && <p class="mono soft">{answer}</p>}
                <span class="faint">
                  <At at={startedAt} />, {countText(Math.round(durationMs))} ms
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
    </Loaded>
  );
}
