/** What can be done with a message as a whole. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import type { Message } from '../../api/types.ts';
import { Action } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Field, Form } from '../../kit/form.tsx';
import { say } from '../../kit/toast.tsx';

interface ActionsProps {
  readonly message: Message;
  readonly onDone: () => void;
}

const open: readonly string[] = ['scheduled', 'queued', 'processing'];
const retryable: readonly string[] = ['failed', 'bounced', 'suppressed', 'cancelled'];

export function MessageActions({ message, onDone }: ActionsProps) {
  const { messageId: id, status, dead } = message;
  const params = { id };
  const then = (sentence: string) => {
    onDone();
    return sentence;
  };
  return (
    <>
      {(dead || retryable.includes(status)) && (
        <Action
          look="primary"
          run={async () => {
            await call('POST /v1/messages/{id}/retry', { params });
            return then('It is tried again');
          }}
        >
          Retry
        </Action>
      )}
      {status === 'scheduled' && <Reschedule message={message} onDone={onDone} />}
      {open.includes(status) && (
        <Action
          confirm="It is not sent to anybody who has not got it yet."
          run={async () => {
            await call('POST /v1/messages/{id}/cancel', { params });
            return then('It is cancelled');
          }}
        >
          Cancel
        </Action>
      )}
      {!open.includes(status) && <SendAgain message={message} />}
    </>
  );
}

function Reschedule({ message: { messageId: id, scheduledAt }, onDone }: ActionsProps) {
  const [isOpen, setOpen] = useState(false);
  const submit = async ({ at = '' }: Readonly<Record<string, string>>) => {
    const body = { scheduledAt: at === '' ? null : new Date(at).toISOString() };
    await call('POST /v1/messages/{id}/reschedule', { params: { id }, body });
    setOpen(false);
    say('It has another time');
    onDone();
  };
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        Reschedule
      </button>
      <Dialog title="Reschedule" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Reschedule" onSubmit={submit}>
          {(faultOf) => (
            <Field
              label="Not before"
              name="at"
              type="datetime-local"
              value={localText(scheduledAt)}
              help="In your time zone; empty: now"
              fault={faultOf('scheduledAt')}
            />
          )}
        </Form>
      </Dialog>
    </>
  );
}

/** As a field for dates and times has it. */
function localText(at: string | null): string {
  if (at === null) return '';
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** A new message with the same content; what was attached would have to be handed in again. */
function SendAgain({ message }: { message: Message }) {
  const again = async () => {
    const content = await call('GET /v1/messages/{id}/content', { params: { id: message.messageId } });
    const { html, text, variables } = content;
    const { from, to, cc, bcc, subject, replyTo, category, tags, groupId, messageId } = message;
    const metadata = { ...message.metadata, ...(category && { category }), ...(tags.length > 0 && { tags }) };
    const accepted = await call('POST /v1/messages', {
      body: {
        ...{ from, to, subject: content.subject || subject },
        ...(cc.length > 0 && { cc }),
        ...(bcc.length > 0 && { bcc }),
        ...(replyTo !== null && { replyTo }),
        ...(html !== null && { htmlBody: html }),
        ...(text !== null && { textBody: text }),
        ...(variables !== null && { variables }),
        ...(groupId !== null && { groupId }),
        ...(Object.keys(metadata).length > 0 && { metadata }),
      } as never,
    });
    if (accepted.messageId === messageId) return 'It was sent already';
    location.assign(`/ui/messages/${accepted.messageId}`);
    return undefined;
  };
  const isWhole = message.rcpt.length > 0 || message.attachments.length > 0 || message.to.length === 0;
  if (isWhole) return null;
  return (
    <Action confirm={`A new message with the same content goes to ${message.to.join(', ')}.`} run={again}>
      Send again as new
    </Action>
  );
}
