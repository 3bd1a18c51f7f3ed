/** One endpoint: what was posted there, what it answered, and the ways to post it again. */

import { useLocation, useRoute } from 'preact-iso/router';
import { call } from '../../api/call.ts';
import type { Webhook } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Action } from '../../kit/action.tsx';
import { Page } from '../../kit/page.tsx';
import { Facts, Panel } from '../../kit/panel.tsx';
import { Loaded } from '../../kit/states.tsx';
import { At, countText } from '../../kit/time.tsx';
import { eventsText } from '../webhooks/index.tsx';
import { WebhookState } from '../webhooks/state.tsx';
import { Deliveries } from './deliveries.tsx';

export default function WebhookPage() {
  const { id = '' } = useRoute().params;
  const webhook = useData('GET /v1/webhooks/{id}', { params: { id } }, 'steady');
  const { data, refresh } = webhook;
  return (
    <Page title="Webhook" live actions={data && <Levers webhook={data} refresh={refresh} />}>
      <Loaded of={webhook}>
        {(shown) => (
          <>
            <Panel title={shown.url}>
              <WebhookState webhook={shown} />
              <Facts
                of={[
                  ['Description', shown.description],
                  ['Told of', eventsText(shown.events)],
                  ['Off since', shown.disabledAt && <At at={shown.disabledAt} />],
                  ['Earlier secret signs until', shown.previousSecretUntil && <At at={shown.previousSecretUntil} />],
                ]}
              />
            </Panel>
            <Deliveries webhookId={id} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Levers({ webhook: { id, active }, refresh }: { webhook: Webhook; refresh: () => void }) {
  const { route } = useLocation();
  const params = { id };
  const test = async () => {
    const { ok, status, error } = await call('POST /v1/webhooks/{id}/test', { params });
    refresh();
    if (!ok) throw new Error(error ?? `It answered ${status}`);
    return `It answered ${status}`;
  };
  const turn = async () => {
    await call('PUT /v1/webhooks/{id}', { params, body: { active: !active } });
    refresh();
    return active ? 'It is told nothing any more' : 'It is told again what happens';
  };
  const replay = async () => {
    let cursor: string | undefined;
    let matched = 0;
    do {
      const body = { missed: true, ...(cursor !== undefined && { cursor }) };
      const done = await call('POST /v1/webhooks/{id}/replay', { params, body });
      matched += done.matched;
      cursor = done.cursor ?? undefined;
    } while (cursor !== undefined);
    refresh();
    return `${countText(matched)} deliveries are made again`;
  };
  const remove = async () => {
    await call('DELETE /v1/webhooks/{id}', { params });
    route('/ui/webhooks');
    return 'It is gone';
  };
  return (
    <>
      <Action run={test}>Test</Action>
      <Action run={turn} {...(active && { confirm: 'It is told nothing until it is turned on again.' })}>
        {active ? 'Turn off' : 'Turn on'}
      </Action>
      <Action run={replay} confirm="What it did not take is posted to it again.">
        Replay what it missed
      </Action>
      <Action run={remove} confirm="The endpoint and the log of its deliveries are removed.">
        Remove
      </Action>
    </>
  );
}
