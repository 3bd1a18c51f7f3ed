/** The inbox: what capture providers keep, newest first, as it comes. */

import { call } from '../../api/call.ts';
import { isOperator, tenant } from '../../api/session.ts';
import type { Calls } from '../../api/types.ts';
import { usePages } from '../../api/use-pages.ts';
import { Action } from '../../kit/action.tsx';
import { FilterInput } from '../../kit/filter-input.tsx';
import { LoadMore } from '../../kit/load-more.tsx';
import { Page } from '../../kit/page.tsx';
import { Search } from '../../kit/search.tsx';
import { Command, Empty, Loaded } from '../../kit/states.tsx';
import { type Column, RowLink, Table } from '../../kit/table.tsx';
import { Ago, countText, sizeText } from '../../kit/time.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { isOfAll, tenantColumn } from '../../kit/whose.tsx';

type Row = Calls['GET /v1/inbox/messages']['answer']['items'][number];

export default function Inbox() {
  const { values, set } = useFilters();
  const { to = '', subject = '' } = values;
  const filter = { ...(isWhole(to) && { to }), ...(subject && { subject }) };
  const { first, rows, more } = usePages(
    'GET /v1/inbox/messages',
    { query: { ...filter, limit: 50 } },
    (row) => row.messageId,
  );
  const isFiltered = Object.keys(filter).length > 0;
  // Deleting is about one tenant.
  const [owner, ...others] = [...new Set(rows.map(({ tenant: slug }) => slug))];
  const clear = async () => {
    const { deleted } = await call('DELETE /v1/inbox/messages', { query: filter, tenant: owner });
    first.refresh();
    return `${countText(deleted)} deleted`;
  };
  return (
    <Page
      title="Inbox"
      live
      actions={
        owner !== undefined &&
        others.length === 0 && (
          <Action
            run={clear}
            confirm={`${isFiltered ? 'What the filters match' : 'All of the inbox'}${isOfAll() ? ` of ${owner}` : ''} is deleted, with all that is kept of it. Nothing brings it back.`}
          >
            {isFiltered ? 'Delete these' : 'Delete all'}
          </Action>
        )
      }
    >
      <search class="filters">
        <Search label="Search the subject" value={subject} onChange={(text) => set({ subject: text })} />
        <FilterInput
          type="email"
          aria-label="Recipient"
          placeholder="Recipient, whole"
          value={to}
          onChange={(text) => set({ to: text })}
        />
      </search>
      <Loaded of={first}>
        {() =>
          rows.length === 0 ? (
            <Nothing isFiltered={isFiltered} />
          ) : (
            <>
              <Table label="Inbox" rows={rows} columns={columns()} rowKey={(row) => row.messageId} />
              <LoadMore more={more} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

/** The API takes whole addresses alone; what is half typed narrows nothing yet. */
function isWhole(address: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(address);
}

const columns = (): readonly Column<Row>[] => [
  {
    head: 'Mail',
    kind: 'wide',
    cell: (row) => (
      <>
        <RowLink href={`/ui/inbox/${row.messageId}`}>
          <span class="clip">{row.subject || '(no subject)'}</span>
        </RowLink>
        <span class="sub clip">{row.from.name ?? row.from.email}</span>
      </>
    ),
  },
  ...tenantColumn<Row>(),
  { head: 'To', kind: 'narrow', cell: (row) => <span class="clip soft">{toText(row.to)}</span> },
  {
    head: 'Size',
    kind: 'narrow',
    cell: (row) => <span class="soft">{`${sizeText(row.size)}${row.hasAttachments ? ', with files' : ''}`}</span>,
  },
  { head: 'Received', kind: 'end', cell: (row) => <Ago at={row.receivedAt} /> },
];

function toText([first = '', ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No mail matches" text="Take a filter away, or wait until it comes." />;
  const whose = isOperator() && tenant.value !== undefined ? ` --tenant ${tenant.value}` : '';
  return (
    <Empty
      title="The inbox is empty"
      text="What goes by a provider of the type capture comes here and is sent to nobody. On the machine of the daemon:"
    >
      <Command
        text={`iep send${whose} --from app@example.com --to you@example.com --subject Hello --text "It works."`}
      />
    </Empty>
  );
}
