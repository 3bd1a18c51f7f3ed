/** Subscribers: whom a tenant tells, all of them or those of a topic. */

import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { Subscriber } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { usePages } from '../../api/use-pages.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { FilterChoice } from '../../kit/filter-choice.tsx';
import { FilterInput } from '../../kit/filter-input.tsx';
import { Field, Form, type Values } from '../../kit/form.tsx';
import { ImportFile } from '../../kit/import.tsx';
import { LoadMore } from '../../kit/load-more.tsx';
import { Command, Empty, Loaded } from '../../kit/states.tsx';
import { type Column, RowLink, Table } from '../../kit/table.tsx';
import { Ago } from '../../kit/time.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { isOfAll } from '../../kit/whose.tsx';
import { channelText, reachedBy } from './channel-names.ts';
import { addSubscriber, SubscriberFields } from './subscriber-fields.tsx';

export function Subscribers() {
  const { values, set } = useFilters();
  const { topic = '', email = '' } = values;
  const query = { ...(topic && { topic }), ...(email && { email }) };
  const { first, rows, more } = usePages('GET /v1/subscribers', { query: { ...query, limit: 100 } }, ({ id }) => id);
  return (
    <>
      <search class="filters">
        <FilterInput
          type="email"
          aria-label="Address"
          placeholder="Address, whole"
          value={email}
          onChange={(text) => set({ email: text })}
        />
        <TopicFilter value={topic} onChange={(name) => set({ topic: name })} />
        <span class="grow" />
        {/* Of all tenants none is listed, and none is added. */}
        {!isOfAll() && (
          <>
            <ImportFile
              to="POST /v1/subscribers/import"
              columns="a column id; email, name, locale, timezone, topics and data.… where there are any"
              onDone={first.refresh}
            />
            <Add />
          </>
        )}
      </search>
      <Loaded of={first}>
        {() =>
          rows.length === 0 && more === undefined ? (
            <None isFiltered={Object.keys(query).length > 0} />
          ) : (
            <>
              <Table label="Subscribers" rows={rows} columns={columns} rowKey={({ id }) => id} />
              <LoadMore more={more} />
            </>
          )
        }
      </Loaded>
    </>
  );
}

function TopicFilter({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  const { data } = useData('GET /v1/topics', {});
  const names = [...new Set([...(data?.items.map(({ name }) => name) ?? []), ...(value ? [value] : [])])];
  return (
    <FilterChoice
      label="Topic"
      any="Any topic"
      value={value}
      options={names.map((name) => [name, name])}
      onChange={onChange}
    />
  );
}

function None({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No subscriber matches" text="Addresses are sought whole." />;
  return (
    <Empty title="No subscriber yet" text="A subscriber is somebody whom you tell, by an id of your own.">
      <Command text="iep subscriber add jo --email jo@example.com --topic outages" />
    </Empty>
  );
}

export const subscriberPath = (id: string): string => `/ui/notifications/subscribers/${encodeURIComponent(id)}`;

const columns: readonly Column<Subscriber>[] = [
  {
    head: 'Subscriber',
    cell: ({ id, name, email }) => (
      <>
        <RowLink href={subscriberPath(id)}>{id}</RowLink>
        <p class="sub">{[name, email].filter(Boolean).join(', ')}</p>
      </>
    ),
  },
  { head: 'Topics', cell: ({ topics }) => <span class="soft">{topics.join(', ')}</span> },
  { head: 'Reached by', kind: 'narrow', cell: (subscriber) => channelText(reachedBy(subscriber)) || 'nothing' },
  { head: 'Since', kind: 'end', cell: ({ createdAt }) => <Ago at={createdAt} /> },
];

function Add() {
  const [isOpen, setOpen] = useState(false);
  const { route } = useLocation();
  const submit = async (values: Values) => {
    await addSubscriber(values);
    setOpen(false);
    route(subscriberPath(values.id ?? ''));
  };
  return (
    <>
      <button type="button" class="button primary" onClick={() => setOpen(true)}>
        Add
      </button>
      <Dialog title="New subscriber" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Add" onSubmit={submit}>
          {(faultOf) => (
            <>
              <Field label="Id" name="id" required help="Of your own" placeholder="u17" fault={faultOf('id')} />
              <SubscriberFields of={undefined} faultOf={faultOf} />
            </>
          )}
        </Form>
      </Dialog>
    </>
  );
}
