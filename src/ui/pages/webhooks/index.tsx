/** The endpoints that are told what happens: whether each takes it, and what it is told. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import type { NewWebhook, Webhook } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { Field, Form } from '../../kit/form.tsx';
import { Page } from '../../kit/page.tsx';
import { Command, Empty, Loaded } from '../../kit/states.tsx';
import { type Column, RowLink, Table } from '../../kit/table.tsx';
import { Ago } from '../../kit/time.tsx';
import { TenantField, tenantColumn } from '../../kit/whose.tsx';
import { WebhookState } from './state.tsx';

export default function Webhooks() {
  const webhooks = useData('GET /v1/webhooks', {}, 'steady');
  const [made, setMade] = useState<NewWebhook>();
  const show = (webhook: NewWebhook) => {
    setMade(webhook);
    webhooks.refresh();
  };
  return (
    <Page title="Webhooks" actions={<Add onMade={show} />}>
      <Loaded of={webhooks}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty
              title="Nobody is told"
              text="An endpoint is posted each event of this tenant's mail, signed, until it takes it."
            >
              <Command text="iep webhook add https://app.example.com/hooks --events delivered,bounced" />
            </Empty>
          ) : (
            <Table label="Webhooks" rows={items} columns={columns()} rowKey={({ id }) => id} />
          )
        }
      </Loaded>
      <Dialog title="The secret" isOpen={made !== undefined} onClose={() => setMade(undefined)}>
        <p>It is shown this once. What is posted there is signed with it.</p>
        <Command text={made?.secret ?? ''} />
      </Dialog>
    </Page>
  );
}

const columns = (): readonly Column<Webhook>[] => [
  {
    head: 'Endpoint',
    cell: ({ id, url, description }) => (
      <>
        <RowLink href={`/ui/webhooks/${id}`}>
          <span class="mono">{url}</span>
        </RowLink>
        {description && <p class="sub">{description}</p>}
      </>
    ),
  },
  ...tenantColumn<Webhook>(),
  { head: 'State', cell: (webhook) => <WebhookState webhook={webhook} /> },
  { head: 'Told of', kind: 'narrow', cell: ({ events }) => <span class="soft">{eventsText(events)}</span> },
  { head: 'Since', kind: 'end', cell: ({ createdAt }) => <Ago at={createdAt} /> },
];

export function eventsText(events: readonly string[]): string {
  return events.includes('*') ? 'everything' : events.map((event) => event.replace('message.', '')).join(', ');
}

function Add({ onMade }: { onMade: (webhook: NewWebhook) => void }) {
  const [isOpen, setOpen] = useState(false);
  const submit = async ({ url = '', events = '', description = '', tenant }: Readonly<Record<string, string>>) => {
    const wanted = events.split(/[\s,]+/).filter(Boolean);
    const body = { url, ...(wanted.length > 0 && { events: wanted }), ...(description && { description }) };
    const made = await call('POST /v1/webhooks', { body, tenant });
    setOpen(false);
    onMade(made);
  };
  return (
    <>
      <button type="button" class="button primary" onClick={() => setOpen(true)}>
        Add
      </button>
      <Dialog title="Add a webhook" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Add" onSubmit={submit}>
          {(faultOf) => (
            <>
              <TenantField />
              <Field
                label="URL"
                name="url"
                type="url"
                required
                placeholder="https://app.example.com/hooks"
                fault={faultOf('url')}
              />
              <Field
                label="Events"
                name="events"
                placeholder="delivered, bounced"
                help="Empty: all of them"
                fault={faultOf('events')}
              />
              <Field label="Description" name="description" fault={faultOf('description')} />
            </>
          )}
        </Form>
      </Dialog>
    </>
  );
}
