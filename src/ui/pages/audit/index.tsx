/** Who managed what, and whether the chain of entries holds. */

import { call } from '../../api/call.ts';
import type { Audit } from '../../api/types.ts';
import { usePages } from '../../api/use-pages.ts';
import { Action } from '../../kit/action.tsx';
import { LoadMore } from '../../kit/load-more.tsx';
import { Page } from '../../kit/page.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Search } from '../../kit/search.tsx';
import { Empty, Loaded } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/table.tsx';
import { Ago, countText } from '../../kit/time.tsx';
import { useFilters } from '../../kit/use-filters.ts';

export default function AuditPage() {
  const { values, set } = useFilters();
  const { action, actor } = values;
  const query = { limit: 100, ...(action && { action }), ...(actor && { actor }) };
  const { first, rows, more } = usePages('GET /v1/admin/audit', { query }, ({ seq }) => String(seq));
  return (
    <Page title="Audit log" actions={<Action run={verify}>Verify the chain</Action>}>
      <search class="filters">
        <Search
          label="Action, such as key. or remove"
          value={action ?? ''}
          onChange={(text) => set({ action: text })}
        />
        <Search label="Who" value={actor ?? ''} onChange={(text) => set({ actor: text })} />
      </search>
      <Loaded of={first}>
        {() =>
          rows.length === 0 ? (
            <Empty title="No entry" text="What people change is written here, and who was refused." />
          ) : (
            <>
              <Table label="Audit log" rows={rows} columns={columns} rowKey={({ seq }) => String(seq)} />
              <LoadMore more={more} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

async function verify(): Promise<string> {
  const { intact, entries, breaks } = await call('GET /v1/admin/audit/verify', { query: {} });
  if (intact) return `The chain of ${countText(entries)} entries holds`;
  throw new Error(`The chain is broken at entry ${breaks[0]?.seq}: ${breaks[0]?.reason}`);
}

const columns: readonly Column<Audit>[] = [
  { head: 'When', cell: ({ at }) => <Ago at={at} /> },
  {
    head: 'Who',
    cell: ({ actor, source }) => (
      <>
        {actor.name ?? actor.kind}
        <p class="sub">{source}</p>
      </>
    ),
  },
  {
    head: 'What',
    cell: ({ action, target, tenant }) => (
      <>
        {action}
        <p class="sub">
          {[target, tenant].filter((one, at, all) => one !== null && all.indexOf(one) === at).join(' · ')}
        </p>
      </>
    ),
  },
  {
    head: 'Outcome',
    cell: ({ outcome }) => <Pill state={outcome === 'done' ? 'done' : 'failed'} word={outcome.replaceAll('_', ' ')} />,
  },
  {
    head: 'Detail',
    kind: 'narrow',
    cell: ({ detail }) => <code class="clip">{Object.keys(detail).length > 0 && JSON.stringify(detail)}</code>,
  },
];
