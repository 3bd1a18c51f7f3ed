/** One subscriber: where they are reached, what they want to be told, and what they were told lately. */

import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso/router';
import { call } from '../../api/call.ts';
import type { Subscriber } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Action } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Form, type Values } from '../../kit/form.tsx';
import { Page } from '../../kit/page.tsx';
import { Facts, Panel } from '../../kit/panel.tsx';
import { Loaded } from '../../kit/states.tsx';
import { Table } from '../../kit/table.tsx';
import { At } from '../../kit/time.tsx';
import { say } from '../../kit/toast.tsx';
import { addressOf } from '../../kit/use-filters.ts';
import { notificationColumns } from '../notifications/notification-rows.tsx';
import { jsonText } from '../notifications/read.ts';
import { changeSubscriber, SubscriberFields } from '../notifications/subscriber-fields.tsx';
import { PreferencesForm } from './preferences-form.tsx';

export default function SubscriberPage() {
  const { id = '' } = useRoute().params;
  const subscriber = useData('GET /v1/subscribers/{id}', { params: { id } });
  const { data, refresh } = subscriber;
  return (
    <Page title={data?.name ?? id} actions={data && <Levers of={data} refresh={refresh} />}>
      <Loaded of={subscriber}>
        {(shown) => (
          <>
            <div class="columns">
              <div>
                <Preferences id={id} />
              </div>
              <div>
                <About of={shown} />
              </div>
            </div>
            <Lately id={id} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Preferences({ id }: { id: string }) {
  const preferences = useData('GET /v1/subscribers/{id}/preferences', { params: { id } });
  return (
    <Panel title="What they want to be told">
      <Loaded of={preferences}>
        {(shown) => <PreferencesForm id={id} preferences={shown} onDone={preferences.refresh} />}
      </Loaded>
    </Panel>
  );
}

function About({ of }: { of: Subscriber }) {
  const { id, email, locale, timezone, topics, channels, data, createdAt } = of;
  const { slack, teams, webhook } = channels;
  return (
    <Panel title="Who they are">
      <Facts
        of={[
          ['Id', <span class="mono">{id}</span>],
          ['Address', email],
          ['Locale', locale],
          ['Time zone', timezone],
          ['Topics', topics.join(', ')],
          ['Slack', slack?.webhookUrl ?? slack?.channel],
          ['Teams', teams?.webhookUrl],
          ['Webhook', webhook?.url],
          ['Since', <At at={createdAt} />],
        ]}
      />
      {data !== null && <pre>{jsonText(data)}</pre>}
    </Panel>
  );
}

const SHOWN = 10;

function Lately({ id }: { id: string }) {
  const told = useData('GET /v1/notifications', { query: { subscriber: id, limit: SHOWN } }, 'live');
  const all = addressOf('/ui/notifications', { subscriber: id });
  return (
    <Panel title="What they were told lately" aside={<a href={all}>All</a>} flush>
      <Loaded of={told}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="panel-body faint">Nothing yet.</p>
          ) : (
            <Table
              label="Notifications"
              rows={items}
              columns={notificationColumns(told.refresh)}
              rowKey={({ notificationId }) => notificationId}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}

function Levers({ of, refresh }: { of: Subscriber; refresh: () => void }) {
  const { route } = useLocation();
  const { id } = of;
  const remove = async (erase: boolean) => {
    await call('DELETE /v1/subscribers/{id}', { params: { id }, query: { erase: String(erase) } });
    route('/ui/notifications?view=subscribers');
    return erase ? `${id} is forgotten` : `${id} is gone`;
  };
  return (
    <>
      <Change of={of} refresh={refresh} />
      <Action run={() => remove(false)} confirm={`${id} is removed with their preferences. What they were told stays.`}>
        Remove
      </Action>
      <Action
        run={() => remove(true)}
        confirm={`${id} is removed with their mail and notifications. What was counted stays counted; nothing brings the rest back.`}
      >
        Erase
      </Action>
    </>
  );
}

function Change({ of, refresh }: { of: Subscriber; refresh: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const submit = async (values: Values) => {
    await changeSubscriber(of.id, values);
    setOpen(false);
    say(`${of.id} is changed`);
    refresh();
  };
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        Change
      </button>
      <Dialog title={`Change ${of.id}`} isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Save" onSubmit={submit}>
          {(faultOf) => <SubscriberFields of={of} faultOf={faultOf} />}
        </Form>
      </Dialog>
    </>
  );
}
