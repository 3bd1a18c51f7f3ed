/** A mail of the inbox, as a mail client shows it, with what can be done with it. */

import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso/router';
import { call } from '../../api/call.ts';
import { useData } from '../../api/use-data.ts';
import { Action } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Field, Form } from '../../kit/form.tsx';
import { Page } from '../../kit/page.tsx';
import { Facts, Panel } from '../../kit/panel.tsx';
import { Loaded } from '../../kit/states.tsx';
import { At } from '../../kit/time.tsx';
import { say } from '../../kit/toast.tsx';
import { MailTabs } from '../message/mail-tabs.tsx';

export default function InboxMail() {
  const { id = '' } = useRoute().params;
  const { route } = useLocation();
  const message = useData('GET /v1/messages/{id}', { params: { id } });
  const { data } = message;
  const remove = async () => {
    await call('DELETE /v1/messages/{id}', { params: { id } });
    route('/ui/inbox');
    return 'It is deleted';
  };
  return (
    <Page
      title={data === undefined ? 'Mail' : data.subject || '(no subject)'}
      actions={
        data && (
          <>
            <a class="button" href={`/ui/messages/${id}`}>
              History
            </a>
            <Release id={id} to={[...data.to, ...data.cc, ...data.bcc, ...data.rcpt]} />
            <Action run={remove} confirm="The mail is deleted with all that is kept of it. Nothing brings it back.">
              Delete
            </Action>
          </>
        )
      }
    >
      <Loaded of={message}>
        {({ from, to, cc, bcc, rcpt, replyTo, sentAt }) => (
          <>
            <Panel title="Envelope">
              <Facts
                of={[
                  ['From', from.name === undefined ? from.email : `${from.name} <${from.email}>`],
                  ['To', to.join(', ')],
                  ['Cc', cc.join(', ')],
                  ['Bcc', bcc.join(', ')],
                  ['Recipients', rcpt.join(', ')],
                  ['Reply to', replyTo],
                  ['Received', sentAt && <At at={sentAt} />],
                ]}
              />
            </Panel>
            <Panel title="Content" flush>
              <MailTabs id={id} />
            </Panel>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Release({ id, to }: { id: string; to: readonly string[] }) {
  const [isOpen, setOpen] = useState(false);
  const submit = async ({ provider = '' }: Readonly<Record<string, string>>) => {
    const { messageId } = await call('POST /v1/inbox/messages/{id}/release', { params: { id }, body: { provider } });
    setOpen(false);
    say(`It is released as message ${messageId}`);
  };
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        Release
      </button>
      <Dialog title="Release to a real provider" isOpen={isOpen} onClose={() => setOpen(false)}>
        <p>{`It is really sent to ${to.join(', ')}, as a new message.`}</p>
        <Form submit="Release" danger onSubmit={submit}>
          {(faultOf) => <Field label="Provider" name="provider" required fault={faultOf('provider')} />}
        </Form>
      </Dialog>
    </>
  );
}
