/** Channels: the places that are told, each with a test that says what came of it. */

import { call } from '../../api/call.ts';
import type { Channel } from '../../api/types.ts';
import { Action } from '../../kit/action.tsx';
import { countText } from '../../kit/time.tsx';
import { ChannelFields, readChannel } from './channel-fields.tsx';
import { channelText } from './channel-names.ts';
import { type DefinitionKind, DefinitionView } from './definition-view.tsx';

const kind: DefinitionKind<Channel> = {
  ...{ path: '/v1/channels', noun: 'channel', nouns: 'Channels', example: 'ops' },
  ...{ Fields: ChannelFields, read: readChannel, More: Test },
  says: 'A channel is a place that is told: a channel of Slack or Teams, a webhook, or addresses.',
  command: 'iep channel add ops --type slack --webhook-url https://hooks.slack.com/services/…',
  columns: [
    {
      head: 'Type',
      cell: ({ type, description }) => (
        <>
          {channelText([type])}
          {description && <p class="sub">{description}</p>}
        </>
      ),
    },
    { head: 'Where', kind: 'narrow', cell: (channel) => <span class="mono">{whereText(channel)}</span> },
  ],
  shownOnce: ({ type, secret }) => (type === 'webhook' && secret?.startsWith('whsec_') ? secret : null),
};

export function Channels() {
  return <DefinitionView kind={kind} />;
}

function whereText({ to, channel, webhookUrl, url }: Channel): string {
  return to?.join(', ') ?? channel ?? webhookUrl ?? url ?? '';
}

function Test({ row: { name, tenant } }: { row: Channel }) {
  const run = async () => {
    const { ok, outcome, reason, durationMs } = await call('POST /v1/channels/{name}/test', {
      params: { name },
      tenant,
    });
    if (!ok) throw new Error(`${name} was not told, ${outcome}: ${reason ?? 'no reason was given'}`);
    return outcome === 'queued' ? `A test mail to ${name} is queued` : `${name} took it in ${countText(durationMs)} ms`;
  };
  return (
    <Action look="small" run={run}>
      Test
    </Action>
  );
}
