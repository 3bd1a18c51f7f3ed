/** The tenants: what each may do, and how much. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import type { Tenant } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Action } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Field, Form } from '../../kit/form.tsx';
import { Page } from '../../kit/page.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Command, Empty, Loaded } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/table.tsx';
import { Ago, countText } from '../../kit/time.tsx';
import { say } from '../../kit/toast.tsx';
import { tenantWayText } from '../../kit/way-text.ts';
import { TenantSettings } from './settings.tsx';

export default function Tenants() {
  const tenants = useData('GET /v1/admin/tenants', {});
  const { refresh } = tenants;
  return (
    <Page title="Tenants" actions={<Add onDone={refresh} />}>
      <Loaded of={tenants}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No tenant yet" text="A tenant is one product or team; its mail, keys and lists are its own.">
              <Command text="iep tenant add acme" />
            </Empty>
          ) : (
            <Table
              label="Tenants"
              rows={items}
              columns={columns(refresh)}
              rowKey={({ id }) => id}
              dim={(row) => row.removing}
            />
          )
        }
      </Loaded>
    </Page>
  );
}

function columns(refresh: () => void): readonly Column<Tenant>[] {
  return [
    {
      head: 'Tenant',
      cell: (tenant) => (
        <>
          <TenantSettings tenant={tenant} onDone={refresh} /> <States tenant={tenant} />
          {tenant.name !== tenant.slug && <p class="sub">{tenant.name}</p>}
        </>
      ),
    },
    { head: 'Limits', cell: ({ settings }) => <span class="soft">{limitsOf(settings)}</span> },
    {
      head: 'Route',
      kind: 'narrow',
      cell: ({ settings }) => <span class="soft">{tenantWayText(settings) || 'that of the platform'}</span>,
    },
    { head: 'Domains', kind: 'narrow', cell: ({ senderDomains }) => countText(senderDomains.length) },
    { head: 'Since', kind: 'narrow', cell: ({ createdAt }) => <Ago at={createdAt} /> },
    { head: 'Do', kind: 'end', cell: (tenant) => <Activity tenant={tenant} refresh={refresh} /> },
  ];
}

function States({ tenant: { active, paused, removing, settings } }: { tenant: Tenant }) {
  return (
    <>
      {removing ? <Pill state="off" word="being removed" /> : !active && <Pill state="off" word="inactive" />}
      {paused && <Pill state="paused" />}
      {settings.sending === 'off' && <Pill state="paused" word="sending off" />}
    </>
  );
}

function limitsOf({ ratePerMinute, ratePerHour, ratePerDay }: Tenant['settings']): string {
  const limits = [
    ratePerMinute !== undefined && `${countText(ratePerMinute)} a minute`,
    ratePerHour !== undefined && `${countText(ratePerHour)} an hour`,
    ratePerDay !== undefined && `${countText(ratePerDay)} a day`,
  ].filter((one) => one !== false);
  return limits.join(', ') || 'those of the platform';
}

function Activity({
  tenant: { slug, active, removing, fromConfig },
  refresh,
}: {
  tenant: Tenant;
  refresh: () => void;
}) {
  if (removing || fromConfig.includes('active')) return null;
  const run = async () => {
    await call('PATCH /v1/admin/tenants/{slug}', { params: { slug }, body: { active: !active } });
    refresh();
    return active ? `${slug} hands in nothing any more` : `${slug} may send again`;
  };
  const confirm = `Nothing is taken from ${slug} any more, and none of its mail is sent, until it is activated again.`;
  return (
    <Action look="small" run={run} {...(active && { confirm })}>
      {active ? 'Deactivate' : 'Activate'}
    </Action>
  );
}

function Add({ onDone }: { onDone: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const submit = async ({ slug = '', name = '' }: Readonly<Record<string, string>>) => {
    await call('POST /v1/admin/tenants', { body: { slug, ...(name && { name }) } });
    setOpen(false);
    say(`${slug} is there`);
    onDone();
  };
  return (
    <>
      <button type="button" class="button primary" onClick={() => setOpen(true)}>
        Add
      </button>
      <Dialog title="Add a tenant" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Add" onSubmit={submit}>
          {(faultOf) => (
            <>
              <Field
                label="Slug"
                name="slug"
                required
                placeholder="acme"
                help="Lower-case letters, digits and hyphens; it stays"
                fault={faultOf('slug')}
              />
              <Field label="Name" name="name" fault={faultOf('name')} />
            </>
          )}
        </Form>
      </Dialog>
    </>
  );
}
