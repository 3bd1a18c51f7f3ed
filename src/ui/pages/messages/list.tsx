/** The list of messages itself. */

import type { Calls, Row } from '../../api/types.ts';
import { usePages } from '../../api/use-pages.ts';
import { LoadMore } from '../../kit/load-more.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Loaded } from '../../kit/states.tsx';
import { type Column, RowLink, Table } from '../../kit/table.tsx';
import { Ago } from '../../kit/time.tsx';
import { tenantColumn } from '../../kit/whose.tsx';
import { NoMessages } from './none.tsx';

type Filter = Calls['GET /v1/messages']['query'];

const PAGE = 50;

export function MessageList({ filter }: { filter: Filter }) {
  const { first, rows, more } = usePages(
    'GET /v1/messages',
    { query: { ...filter, limit: PAGE } },
    (row) => row.messageId,
  );
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <Loaded of={first}>
      {() =>
        rows.length === 0 && more === undefined ? (
          <NoMessages isFiltered={isFiltered} />
        ) : (
          <>
            {rows.length > 0 && (
              <Table label="Messages" rows={rows} columns={columns()} rowKey={(row) => row.messageId} />
            )}
            <LoadMore more={more} />
          </>
        )
      }
    </Loaded>
  );
}

const columns = (): readonly Column<Row>[] => [
  {
    head: 'Status',
    cell: (row) => <Pill state={row.dead ? 'dead' : row.status} word={row.dead ? 'dead letter' : row.status} />,
  },
  {
    head: 'Message',
    kind: 'wide',
    cell: (row) => (
      <>
        <RowLink href={`/ui/messages/${row.messageId}`}>
          <span class="clip">{row.subject || '(no subject)'}</span>
        </RowLink>
        <span class="sub clip">{recipientsOf(row)}</span>
      </>
    ),
  },
  ...tenantColumn<Row>(),
  { head: 'From', kind: 'narrow', cell: (row) => <span class="clip soft">{row.from.email}</span> },
  { head: 'Provider', kind: 'narrow', cell: (row) => <span class="soft">{row.provider ?? '–'}</span> },
  { head: 'Tries', kind: 'narrow', cell: (row) => `${row.attempts}/${row.maxAttempts}` },
  { head: 'Accepted', kind: 'end', cell: (row) => <Ago at={row.createdAt} /> },
];

export function recipientsOf({ to, cc, bcc, rcpt }: Pick<Row, 'to' | 'cc' | 'bcc' | 'rcpt'>): string {
  const all = [...to, ...cc, ...bcc, ...rcpt];
  return all.length > 2 ? `${all.slice(0, 2).join(', ')} and ${all.length - 2} more` : all.join(', ');
}
