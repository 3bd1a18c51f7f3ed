/** One message whole: why it is as it is, what happened to it, whom it went to, and what it holds. */

import { useRoute } from 'preact-iso/router';
import type { Explanation, Message } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Page } from '../../kit/page.tsx';
import { Facts, Panel } from '../../kit/panel.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Loaded } from '../../kit/states.tsx';
import { At } from '../../kit/time.tsx';
import { MessageActions } from './actions.tsx';
import { Attempts } from './attempts.tsx';
import { Content } from './content.tsx';
import { Recipients } from './recipients.tsx';
import { Happened } from './timeline.tsx';
import { Why } from './why.tsx';

export default function MessagePage() {
  const { id = '' } = useRoute().params;
  const message = useData('GET /v1/messages/{id}', { params: { id } }, 'live');
  const why = useData('GET /v1/messages/{id}/explain', { params: { id } }, 'live');
  const refresh = () => {
    message.refresh();
    why.refresh();
  };
  const { data } = message;
  return (
    <Page
      title={data === undefined ? 'Message' : data.subject || '(no subject)'}
      badge={data && <Pill state={data.dead ? 'dead' : data.status} word={data.dead ? 'dead letter' : data.status} />}
      actions={data && <MessageActions message={data} onDone={refresh} />}
    >
      <Loaded of={message}>{(shown) => <Whole message={shown} explanation={why.data} onDone={refresh} />}</Loaded>
    </Page>
  );
}

interface WholeProps {
  readonly message: Message;
  readonly explanation: Explanation | undefined;
  readonly onDone: () => void;
}

function Whole({ message, explanation, onDone }: WholeProps) {
  return (
    <div class="columns">
      <div>
        {explanation && <Why message={message} explanation={explanation} onDone={onDone} />}
        <Panel title="Recipients" flush>
          <Recipients message={message} />
        </Panel>
        <Attempts attempts={explanation?.attempts ?? []} />
        <Content message={message} />
      </div>
      <div>
        <Panel title="Timeline">
          <Happened entries={explanation?.timeline ?? []} />
        </Panel>
        <Panel title="Details">
          <Details message={message} />
        </Panel>
      </div>
    </div>
  );
}

function Details({ message }: { message: Message }) {
  const { metadata, tags, envelopeFrom, from } = message;
  return (
    <Facts
      of={[
        ['Id', <span class="mono">{message.messageId}</span>],
        ['Message-ID', <span class="mono">{message.messageIdHeader}</span>],
        ['From', from.name === undefined ? from.email : `${from.name} <${from.email}>`],
        ['Envelope', envelopeFrom === from.email ? null : envelopeFrom || '<>'],
        ['Reply to', message.replyTo],
        ['Accepted', <At at={message.createdAt} />],
        ['Scheduled', message.scheduledAt && <At at={message.scheduledAt} />],
        ['Sent', message.sentAt && <At at={message.sentAt} />],
        ['Provider', message.provider && <a href={`/ui/providers#${message.provider}`}>{message.provider}</a>],
        ['Attempts', `${message.attempts} of ${message.maxAttempts}`],
        ['Priority', message.priority],
        ['Category', message.category],
        ['Tags', tags.join(', ')],
        ['Group', message.groupId],
        ['Idempotency key', message.idempotencyKey],
        ['Came by', message.door],
        ['Metadata', metadata && <pre>{JSON.stringify(metadata, null, 2)}</pre>],
      ]}
    />
  );
}
