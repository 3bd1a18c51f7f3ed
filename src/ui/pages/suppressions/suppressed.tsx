/** Whom a tenant must not mail at all, why, and since when; adding, importing, taking off. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import type { SuppressionRow } from '../../api/types.ts';
import { usePages } from '../../api/use-pages.ts';
import { Action } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Download } from '../../kit/download.tsx';
import { FilterChoice } from '../../kit/filter-choice.tsx';
import { Choice, Field, Form } from '../../kit/form.tsx';
import { ImportFile } from '../../kit/import.tsx';
import { LoadMore } from '../../kit/load-more.tsx';
import { Page } from '../../kit/page.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Search } from '../../kit/search.tsx';
import { Empty, Loaded } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/table.tsx';
import { Ago } from '../../kit/time.tsx';
import { say } from '../../kit/toast.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { isOfAll, TenantField, tenantColumn } from '../../kit/whose.tsx';
import { Evidence } from './evidence.tsx';
import { Lists } from './lists.tsx';

const reasons = ['hard_bounce', 'complaint', 'unsubscribe', 'manual'] as const;

export function Suppressed() {
  const { values, set } = useFilters();
  const query = {
    ...(values.q && { q: values.q }),
    ...(values.reason && { reason: values.reason as (typeof reasons)[number] }),
  };
  const { first, rows, more } = usePages('GET /v1/suppressions', { query: { ...query, limit: 100 } }, keyOf);
  const { refresh } = first;
  return (
    <Page
      title="Suppressions"
      actions={
        <>
          {/* A file is one tenant's. */}
          {!isOfAll() && <Download call="GET /v1/suppressions/export" filename="suppressions.csv" label="Export" />}
          {!isOfAll() && (
            <ImportFile
              to="POST /v1/suppressions/import"
              columns="a column email; reason, note and expiresAt where there are any"
              onDone={refresh}
            />
          )}
          <Add onDone={refresh} />
        </>
      }
    >
      <Lists />
      <search class="filters">
        <Search label="Search addresses" value={values.q ?? ''} onChange={(q) => set({ q })} />
        <FilterChoice
          label="Reason"
          any="Any reason"
          value={values.reason ?? ''}
          options={reasons.map((one) => [one, one.replaceAll('_', ' ')])}
          onChange={(reason) => set({ reason })}
        />
      </search>
      <Loaded of={first}>
        {() =>
          rows.length === 0 ? (
            <Empty
              title={Object.keys(query).length > 0 ? 'No entry matches' : 'Everybody may be mailed'}
              text="Addresses come here when they bounce for good, complain or unsubscribe, or when somebody adds them."
            />
          ) : (
            <>
              <Table label="Suppressions" rows={rows} columns={columns(refresh)} rowKey={keyOf} />
              <LoadMore more={more} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function keyOf({ tenant, email }: SuppressionRow): string {
  return `${tenant} ${email}`;
}

function columns(refresh: () => void): readonly Column<SuppressionRow>[] {
  return [
    {
      head: 'Address',
      cell: ({ tenant, email, note }) => (
        <>
          <Evidence tenant={tenant} email={email} />
          {note && <p class="sub">{note}</p>}
        </>
      ),
    },
    ...tenantColumn<SuppressionRow>(),
    { head: 'Reason', cell: ({ reason }) => <Pill state={reason} /> },
    { head: 'Since', kind: 'narrow', cell: ({ createdAt }) => <Ago at={createdAt} /> },
    {
      head: 'Until',
      kind: 'narrow',
      cell: ({ expiresAt }) => (expiresAt === null ? 'for good' : <Ago at={expiresAt} />),
    },
    {
      head: 'Do',
      kind: 'end',
      cell: ({ tenant, email }) => (
        <Action
          look="small"
          confirm={`${email} may be mailed again.`}
          run={async () => {
            await call('DELETE /v1/suppressions/{email}', { params: { email }, tenant });
            refresh();
            return `${email} is off the list`;
          }}
        >
          Take off
        </Action>
      ),
    },
  ];
}

function Add({ onDone }: { onDone: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const submit = async ({ email = '', reason, note = '', tenant }: Readonly<Record<string, string>>) => {
    const known = reasons.find((one) => one === reason) ?? 'manual';
    await call('POST /v1/suppressions', { body: { email, reason: known, ...(note && { note }) }, tenant });
    setOpen(false);
    say(`${email} is not mailed any more`);
    onDone();
  };
  return (
    <>
      <button type="button" class="button primary" onClick={() => setOpen(true)}>
        Add
      </button>
      <Dialog title="Suppress an address" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Suppress" onSubmit={submit}>
          {(faultOf) => (
            <>
              <TenantField />
              <Field
                label="Address"
                name="email"
                required
                placeholder="user@example.org"
                help="Or @domain, for all of a domain"
                fault={faultOf('email')}
              />
              <Choice
                label="Reason"
                name="reason"
                value="manual"
                options={reasons.map((one) => [one, one.replaceAll('_', ' ')])}
              />
              <Field label="Note" name="note" fault={faultOf('note')} />
            </>
          )}
        </Form>
      </Dialog>
    </>
  );
}
