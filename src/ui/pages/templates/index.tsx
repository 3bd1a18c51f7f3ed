/** The stored templates that a tenant sees: its own, and the shared ones that none of these hides. */

import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { call } from '../../api/call.ts';
import type { TemplateRow } from '../../api/types.ts';
import { usePages } from '../../api/use-pages.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { FilterChoice } from '../../kit/filter-choice.tsx';
import { Choice, Field, Form } from '../../kit/form.tsx';
import { LoadMore } from '../../kit/load-more.tsx';
import { Page } from '../../kit/page.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Search } from '../../kit/search.tsx';
import { Command, Empty, Loaded } from '../../kit/states.tsx';
import { type Column, RowLink, Table } from '../../kit/table.tsx';
import { Ago } from '../../kit/time.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { TenantField } from '../../kit/whose.tsx';

const kinds = ['template', 'layout', 'partial'] as const;

export default function Templates() {
  const { values, set } = useFilters();
  const kind = kinds.find((one) => one === values.kind);
  const query = { ...(values.q && { q: values.q }), ...(kind && { kind }) };
  const { first, rows, more } = usePages('GET /v1/templates', { query: { ...query, limit: 100 } }, ({ name }) => name);
  return (
    <Page title="Templates" actions={<Add />}>
      <search class="filters">
        <Search label="Search names" value={values.q ?? ''} onChange={(q) => set({ q })} />
        <FilterChoice
          label="Kind"
          any="Any kind"
          value={values.kind ?? ''}
          options={kinds.map((one) => [one, one])}
          onChange={(one) => set({ kind: one })}
        />
      </search>
      <Loaded of={first}>
        {() =>
          rows.length === 0 ? (
            <Empty
              title={Object.keys(query).length > 0 ? 'No template matches' : 'No template yet'}
              text="A template is designed once, and messages are made with it by its name."
            >
              <Command text="iep template push --builtin" />
            </Empty>
          ) : (
            <>
              <Table label="Templates" rows={rows} columns={columns} rowKey={({ name }) => name} />
              <LoadMore more={more} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

const columns: readonly Column<TemplateRow>[] = [
  {
    head: 'Name',
    cell: ({ name, description, shared }) => (
      <>
        <RowLink href={`/ui/templates/${name}`}>{name}</RowLink> {shared && <Pill state="info" word="shared" />}
        {description && <p class="sub">{description}</p>}
      </>
    ),
  },
  { head: 'Kind', kind: 'narrow', cell: ({ kind }) => kind },
  { head: 'Category', kind: 'narrow', cell: ({ category }) => category },
  {
    head: 'Published',
    cell: ({ published, latest }) => (published === null ? 'none' : `${published} of ${latest}`),
  },
  { head: 'Changed', kind: 'end', cell: ({ updatedAt }) => <Ago at={updatedAt} /> },
];

function Add() {
  const [isOpen, setOpen] = useState(false);
  const { route } = useLocation();
  const submit = async ({ name = '', kind: wanted, tenant }: Readonly<Record<string, string>>) => {
    const kind = kinds.find((one) => one === wanted) ?? 'template';
    const content = { html: STARTS[kind], ...(kind === 'template' && { subject: 'Hello {{UserName}}' }) };
    const variables = kind === 'template' ? [{ name: 'UserName', type: 'string' as const, example: 'Jo' }] : [];
    await call('POST /v1/templates', { body: { name, kind, ...content, variables, publish: false }, tenant });
    setOpen(false);
    route(`/ui/templates/${name}`);
  };
  return (
    <>
      <button type="button" class="button primary" onClick={() => setOpen(true)}>
        Add
      </button>
      <Dialog title="Add a template" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Add" onSubmit={submit}>
          {(faultOf) => (
            <>
              <TenantField />
              <Field label="Name" name="name" required placeholder="welcome" fault={faultOf('name')} />
              <Choice label="Kind" name="kind" value="template" options={kinds.map((one) => [one, one])} />
            </>
          )}
        </Form>
      </Dialog>
    </>
  );
}

const STARTS: Readonly<Record<(typeof kinds)[number], string>> = {
  template: '<p>Hello {{UserName}}</p>\n',
  layout: '<main>\n  {{#block "main"}}{{/block}}\n</main>\n',
  partial: '<p>{{brand.company}}</p>\n',
};
