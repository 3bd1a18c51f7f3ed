/** Who turned off which mail: by themselves, or by somebody whom they asked; adding, turning on again. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import type { UnsubscribeRow } from '../../api/types.ts';
import { usePages } from '../../api/use-pages.ts';
import { Action } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { FilterInput } from '../../kit/filter-input.tsx';
import { Field, Form } from '../../kit/form.tsx';
import { LoadMore } from '../../kit/load-more.tsx';
import { Page } from '../../kit/page.tsx';
import { Search } from '../../kit/search.tsx';
import { Empty, Loaded } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/table.tsx';
import { Ago } from '../../kit/time.tsx';
import { say } from '../../kit/toast.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { TenantField, tenantColumn } from '../../kit/whose.tsx';
import { Lists } from './lists.tsx';

const ALL = 'all that can be turned off';
const ways = { 'one-click': 'their mail program', page: 'the link', mail: 'a mail', manual: 'somebody here' } as const;

export function Unsubscribes() {
  const { values, set } = useFilters();
  const query = {
    ...(values.q && { q: values.q }),
    ...(values.category && { category: values.category }),
  };
  const { first, rows, more } = usePages('GET /v1/unsubscribes', { query: { ...query, limit: 100 } }, keyOf);
  const { refresh } = first;
  return (
    <Page title="Suppressions" actions={<Add onDone={refresh} />}>
      <Lists />
      <h2 class="sr">Unsubscribes</h2>
      <search class="filters">
        <Search label="Search addresses" value={values.q ?? ''} onChange={(q) => set({ q })} />
        <FilterInput
          type="text"
          aria-label="Category"
          placeholder="Category"
          value={values.category ?? ''}
          onChange={(category) => set({ category })}
        />
      </search>
      <Loaded of={first}>
        {() =>
          rows.length === 0 ? (
            <Empty
              title={Object.keys(query).length > 0 ? 'Nobody matches' : 'Nobody turned mail off'}
              text="Recipients come here by the link of mail that was sent with a category, or when somebody adds them."
            />
          ) : (
            <>
              <Table label="Unsubscribes" rows={rows} columns={columns(refresh)} rowKey={keyOf} />
              <LoadMore more={more} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function keyOf({ tenant, email, category }: UnsubscribeRow): string {
  return JSON.stringify([tenant, email, category]);
}

function columns(refresh: () => void): readonly Column<UnsubscribeRow>[] {
  return [
    { head: 'Address', cell: ({ email }) => <span class="mono">{email}</span> },
    ...tenantColumn<UnsubscribeRow>(),
    { head: 'Category', cell: ({ category }) => category ?? <span class="soft">{ALL}</span> },
    { head: 'By', kind: 'narrow', cell: ({ way }) => ways[way] },
    { head: 'Since', kind: 'narrow', cell: ({ createdAt }) => <Ago at={createdAt} /> },
    { head: 'Do', kind: 'end', cell: (row) => <TurnOn of={row} refresh={refresh} /> },
  ];
}

function TurnOn({ of: { tenant, email, category }, refresh }: { of: UnsubscribeRow; refresh: () => void }) {
  const query = category === null ? {} : { category };
  const what = category ?? ALL;
  return (
    <Action
      look="small"
      confirm={
        category === null
          ? `${email} gets mail of all categories again, also of those that it turned off one by one.`
          : `${email} gets mail of the category ${what} again.`
      }
      run={async () => {
        await call('DELETE /v1/unsubscribes/{email}', { params: { email }, query, tenant });
        refresh();
        return `${email} is mailed again`;
      }}
    >
      Turn on
    </Action>
  );
}

function Add({ onDone }: { onDone: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const submit = async ({ email = '', category = '', tenant }: Readonly<Record<string, string>>) => {
    await call('POST /v1/unsubscribes', { body: { email, ...(category && { category }) }, tenant });
    setOpen(false);
    say(`${email} does not get that any more`);
    onDone();
  };
  return (
    <>
      <button type="button" class="button primary" onClick={() => setOpen(true)}>
        Add
      </button>
      <Dialog title="Turn mail off" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Turn off" onSubmit={submit}>
          {(faultOf) => (
            <>
              <TenantField />
              <Field label="Address" name="email" required placeholder="user@example.org" fault={faultOf('email')} />
              <Field
                label="Category"
                name="category"
                placeholder="news"
                help="Empty: all that can be turned off"
                fault={faultOf('category')}
              />
            </>
          )}
        </Form>
      </Dialog>
    </>
  );
}
