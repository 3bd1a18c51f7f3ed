/** What waits to be sent, by tenant and lane, and the levers on it. */

import { call } from '../../api/call.ts';
import type { Queue } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Action } from '../../kit/action.tsx';
import { Page } from '../../kit/page.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Empty, Loaded } from '../../kit/states.tsx';
import { type Column, RowLink, Table } from '../../kit/table.tsx';
import { Ago, countText } from '../../kit/time.tsx';

type Row = Queue['items'][number];

export default function QueuePage() {
  const queue = useData('GET /v1/admin/queue', {}, 'steady');
  const { data, refresh } = queue;
  return (
    <Page
      title="Queue"
      live
      badge={data?.paused && <Pill state="paused" />}
      actions={data && <Levers paused={data.paused} refresh={refresh} />}
    >
      <Loaded of={queue}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing waits" text="Mail is handed over as it comes." />
          ) : (
            <Table
              label="Queue"
              rows={items}
              columns={columns(refresh)}
              rowKey={({ tenant, lane }) => `${tenant} ${lane}`}
            />
          )
        }
      </Loaded>
    </Page>
  );
}

function Levers({ paused, refresh }: { paused: boolean; refresh: () => void }) {
  const flush = async () => {
    const { flushed } = await call('POST /v1/admin/queue/flush', { body: {} });
    refresh();
    return `${countText(flushed)} messages are due now`;
  };
  return (
    <>
      <Action run={flush}>Try all now</Action>
      <Lever paused={paused} refresh={refresh} />
    </>
  );
}

/** `tenant` absent: the whole queue. */
function Lever({ paused, tenant, refresh }: { paused: boolean; tenant?: string; refresh: () => void }) {
  const lever = paused ? 'resume' : 'pause';
  const run = async () => {
    await call(`POST /v1/admin/queue/${lever}`, { body: tenant === undefined ? {} : { tenant } });
    refresh();
    return paused ? 'Mail goes out again' : 'Mail is accepted, and waits';
  };
  const confirm = `Mail of ${tenant ?? 'all tenants'} is still accepted, and none of it is sent until it is resumed.`;
  return (
    <Action look={tenant === undefined ? undefined : 'small'} run={run} {...(!paused && { confirm })}>
      {paused ? 'Resume' : 'Pause'}
    </Action>
  );
}

function columns(refresh: () => void): readonly Column<Row>[] {
  return [
    {
      head: 'Tenant',
      cell: ({ tenant, paused, active }) => (
        <>
          <RowLink href={`/ui/messages?tenant=${tenant}&status=queued,scheduled,processing`}>{tenant}</RowLink>{' '}
          {paused && <Pill state="paused" />} {!active && <Pill state="off" word="inactive" />}
        </>
      ),
    },
    { head: 'Lane', cell: ({ lane }) => lane },
    { head: 'Waiting', kind: 'end', cell: ({ waiting }) => countText(waiting) },
    { head: 'Due', kind: 'end', cell: ({ due }) => countText(due) },
    { head: 'Under way', kind: 'narrow', cell: ({ leased }) => countText(leased) },
    { head: 'Scheduled', kind: 'narrow', cell: ({ scheduled }) => countText(scheduled) },
    { head: 'Oldest', kind: 'narrow', cell: ({ oldestAt }) => <Ago at={oldestAt} /> },
    { head: 'Next', kind: 'narrow', cell: ({ nextDueAt }) => <Ago at={nextDueAt} /> },
    {
      head: 'Do',
      kind: 'end',
      cell: ({ tenant, paused }) => <Lever paused={paused} tenant={tenant} refresh={refresh} />,
    },
  ];
}
