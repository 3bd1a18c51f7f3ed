/** What a tenant defines: the list of a kind, and a form that adds one or changes it. */

import type { FunctionComponent } from 'preact';
import { useState } from 'preact/hooks';
import { send } from '../../api/call.ts';
import { type Data, useData } from '../../api/use-data.ts';
import { Action } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Field, Form, type Values } from '../../kit/form.tsx';
import { Search } from '../../kit/search.tsx';
import { Command, Empty, Loaded } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/table.tsx';
import { say } from '../../kit/toast.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { TenantField, tenantColumn } from '../../kit/whose.tsx';
import { withoutNulls } from './read.ts';

type Path = '/v1/topics' | '/v1/notification-types' | '/v1/rules' | '/v1/channels' | '/v1/escalation-policies';

interface Definition {
  readonly name: string;
  readonly tenant: string;
}

export interface FieldsProps<Row> {
  /** Absent: one is added. */
  readonly of: Row | undefined;
  readonly faultOf: (path: string) => string | undefined;
}

export interface DefinitionKind<Row extends Definition> {
  readonly path: Path;
  readonly noun: string;
  readonly nouns: string;
  /** What one is, in a sentence. */
  readonly says: string;
  /** The command that makes the first. */
  readonly command: string;
  readonly example: string;
  readonly columns: readonly Column<Row>[];
  readonly Fields: FunctionComponent<FieldsProps<Row>>;
  /** The fields of the form as the API takes them; null takes one away. */
  readonly read: (values: Values) => Readonly<Record<string, unknown>>;
  readonly dim?: (row: Row) => boolean;
  /** A button besides. */
  readonly More?: FunctionComponent<{ readonly row: Row }>;
  /** Of the answer that adds one. */
  readonly shownOnce?: (made: Row) => string | null;
}

interface OfKind<Row extends Definition> {
  readonly kind: DefinitionKind<Row>;
  readonly refresh: () => void;
}

export function DefinitionView<Row extends Definition>({ kind }: { kind: DefinitionKind<Row> }) {
  const { path, noun, nouns, says, command, dim } = kind;
  // The rows of a kind are what its path answers.
  const list = useData(`GET ${path}`, {}) as unknown as Data<{ readonly items: readonly Row[] }>;
  const { values, set } = useFilters();
  const { q = '' } = values;
  const { refresh } = list;
  return (
    <>
      <search class="filters">
        <Search label="Search names" value={q} onChange={(text) => set({ q: text })} />
        <Add kind={kind} refresh={refresh} />
      </search>
      <Loaded of={list}>
        {({ items }) => {
          const rows = items.filter(({ name }) => name.includes(q.toLowerCase()));
          if (rows.length > 0) {
            return (
              <Table
                label={nouns}
                rows={rows}
                columns={columnsOf({ kind, refresh })}
                rowKey={({ tenant, name }) => `${tenant} ${name}`}
                {...(dim && { dim })}
              />
            );
          }
          return q === '' ? (
            <Empty title={`No ${noun} yet`} text={says}>
              <Command text={command} />
            </Empty>
          ) : (
            <Empty title={`No ${noun} matches`} text="Names are searched." />
          );
        }}
      </Loaded>
    </>
  );
}

function columnsOf<Row extends Definition>({ kind, refresh }: OfKind<Row>): readonly Column<Row>[] {
  const { path, noun, More } = kind;
  const remove = async ({ name, tenant }: Row) => {
    await send(`DELETE ${path}/{name}`, { params: { name }, tenant });
    refresh();
    return `${name} is gone`;
  };
  return [
    { head: 'Name', cell: (row) => <Change kind={kind} row={row} refresh={refresh} /> },
    ...tenantColumn<Row>(),
    ...kind.columns,
    {
      head: 'Do',
      kind: 'end',
      cell: (row) => (
        <>
          {More && <More row={row} />}
          <Action look="small" run={() => remove(row)} confirm={`The ${noun} ${row.name} is removed.`}>
            Remove
          </Action>
        </>
      ),
    },
  ];
}

function Add<Row extends Definition>({ kind, refresh }: OfKind<Row>) {
  const { path, noun, example, Fields, read, shownOnce } = kind;
  const [isOpen, setOpen] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const submit = async (values: Values) => {
    const { name = '', tenant } = values;
    const answer = await send(`POST ${path}`, { body: { name, ...withoutNulls(read(values)) }, tenant });
    if (shownOnce !== undefined) setSecret(shownOnce((await answer.json()) as Row));
    setOpen(false);
    say(`${name} is there now`);
    refresh();
  };
  return (
    <>
      <button type="button" class="button primary" onClick={() => setOpen(true)}>
        Add
      </button>
      <Dialog title={`New ${noun}`} isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Add" onSubmit={submit}>
          {(faultOf) => (
            <>
              <TenantField />
              <Field label="Name" name="name" required placeholder={example} fault={faultOf('name')} />
              <Fields of={undefined} faultOf={faultOf} />
            </>
          )}
        </Form>
      </Dialog>
      <Dialog title="The secret" isOpen={secret !== null} onClose={() => setSecret(null)}>
        <p>It is shown this once. What is posted there is signed with it.</p>
        <Command text={secret ?? ''} />
      </Dialog>
    </>
  );
}

function Change<Row extends Definition>({ kind, row, refresh }: OfKind<Row> & { readonly row: Row }) {
  const { path, Fields, read } = kind;
  const { name, tenant } = row;
  const [isOpen, setOpen] = useState(false);
  const submit = async (values: Values) => {
    await send(`PATCH ${path}/{name}`, { params: { name }, body: read(values), tenant });
    setOpen(false);
    say(`${name} is changed`);
    refresh();
  };
  return (
    <>
      <button type="button" class="link" data-row onClick={() => setOpen(true)}>
        {name}
      </button>
      <Dialog title={name} isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Save" onSubmit={submit}>
          {(faultOf) => <Fields of={row} faultOf={faultOf} />}
        </Form>
      </Dialog>
    </>
  );
}
