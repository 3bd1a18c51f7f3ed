/** The domains that a tenant sends from, and whether their records are published. */

import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { call } from '../../api/call.ts';
import { isOperator } from '../../api/session.ts';
import type { Domain } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { Field, Form } from '../../kit/form.tsx';
import { Page } from '../../kit/page.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Command, Empty, Loaded } from '../../kit/states.tsx';
import { type Column, RowLink, Table } from '../../kit/table.tsx';
import { Ago } from '../../kit/time.tsx';
import { TenantField, tenantColumn } from '../../kit/whose.tsx';

export default function Domains() {
  const domains = useData('GET /v1/domains', {});
  return (
    <Page title="Domains" actions={<Add />}>
      <Loaded of={domains}>
        {({ items, anySender }) => (
          <>
            {anySender && <p class="note">This tenant may also send from domains that no other tenant holds.</p>}
            {items.length === 0 ? (
              <Empty
                title="No sender domain yet"
                text="Mail from an own domain is signed, and receivers can tell that it is yours."
              >
                <Command text="iep domain add example.com" />
              </Empty>
            ) : (
              <Table
                label="Domains"
                rows={items}
                columns={columns()}
                rowKey={({ tenant, domain }) => `${tenant} ${domain}`}
              />
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

const columns = (): readonly Column<Domain>[] => [
  { head: 'Domain', cell: ({ domain, tenant }) => <RowLink href={hrefOf(domain, tenant)}>{domain}</RowLink> },
  ...tenantColumn<Domain>(),
  {
    head: 'State',
    cell: ({ verified, usable, shared }) => (
      <>
        <Pill state={verified ? 'verified' : 'unverified'} /> {!usable && <Pill state="off" word="not usable yet" />}{' '}
        {shared && <Pill state="shared" />}
      </>
    ),
  },
  { head: 'Checked', kind: 'narrow', cell: ({ checkedAt }) => (checkedAt === null ? 'never' : <Ago at={checkedAt} />) },
  { head: 'Added by', kind: 'narrow', cell: ({ addedBy }) => addedBy },
  { head: 'Since', kind: 'end', cell: ({ createdAt }) => <Ago at={createdAt} /> },
];

/** Several tenants may have a domain of one name; only an operator says which is meant. */
function hrefOf(domain: string, tenant: string): string {
  return `/ui/domains/${domain}${isOperator() ? `?tenant=${tenant}` : ''}`;
}

function Add() {
  const [isOpen, setOpen] = useState(false);
  const { route } = useLocation();
  const submit = async ({ domain = '', tenant }: Readonly<Record<string, string>>) => {
    const made = await call('POST /v1/domains', { body: { domain }, tenant });
    route(hrefOf(made.domain, made.tenant));
  };
  return (
    <>
      <button type="button" class="button primary" onClick={() => setOpen(true)}>
        Add
      </button>
      <Dialog title="Add a domain" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Add" onSubmit={submit}>
          {(faultOf) => (
            <>
              <TenantField />
              <Field label="Domain" name="domain" required placeholder="example.com" fault={faultOf('domain')} />
            </>
          )}
        </Form>
      </Dialog>
    </>
  );
}
