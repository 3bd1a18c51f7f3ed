/** What was told: the newest first, filtered by the address of the page, as it changes. */

import type { Calls } from '../../api/types.ts';
import { usePages } from '../../api/use-pages.ts';
import { curlOf } from '../../kit/curl.ts';
import { FilterBar } from '../../kit/filter-bar.tsx';
import { LoadMore } from '../../kit/load-more.tsx';
import { Command, Empty, Loaded } from '../../kit/states.tsx';
import { Table } from '../../kit/table.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { channels } from './channel-names.ts';
import { notificationColumns } from './notification-rows.tsx';

type Filter = Calls['GET /v1/notifications']['query'];

const statuses = ['pending', 'held', 'sent', 'delivered', 'failed', 'skipped', 'cancelled', 'acknowledged'];
const choices = [
  {
    ...{ name: 'status', label: 'Status', any: 'Any status' },
    options: statuses.map((status) => [status, status] as const),
  },
  { ...{ name: 'channel', label: 'Channel', any: 'Any channel' }, options: channels },
];
const fields = [
  ['type', 'Type', 'job.failed'],
  ['category', 'Category', ''],
  ['subscriber', 'Subscriber', ''],
  ['from', 'Since', 'date'],
  ['to', 'Until', 'date'],
] as const;
const example = { type: 'job.failed', to: [{ email: 'you@example.com' }], data: { job: 'nightly-backup' } };

export function History() {
  const filters = useFilters();
  const { view: _, ...filter } = filters.values;
  return (
    <>
      <FilterBar filters={filters} search="Search data, recipient or id" choices={choices} fields={fields} />
      <List key={JSON.stringify(filter)} filter={filter} />
    </>
  );
}

function List({ filter }: { filter: Filter }) {
  const { first, rows, more } = usePages(
    'GET /v1/notifications',
    { query: { ...filter, limit: 50 } },
    ({ notificationId }) => notificationId,
  );
  return (
    <Loaded of={first}>
      {() =>
        rows.length === 0 && more === undefined ? (
          <None isFiltered={Object.keys(filter).length > 0} />
        ) : (
          <>
            {rows.length > 0 && (
              <Table
                label="Notifications"
                rows={rows}
                columns={notificationColumns(first.refresh)}
                rowKey={({ notificationId }) => notificationId}
              />
            )}
            <LoadMore more={more} />
          </>
        )
      }
    </Loaded>
  );
}

function None({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No notification matches" text="Take a filter away, or look at another time." />;
  return (
    <Empty
      title="Nobody was notified yet"
      text="A notification is of a type, and goes to each recipient by the channels that both want."
    >
      <Command text={curlOf('/v1/notifications', example)} />
    </Empty>
  );
}
