/** Trying out the channels of a tenant; the other calls are those of all definitions (`definitions.ts`). */

import type * as z from 'zod';
import type { ChannelTest } from '../manage/channels.ts';
import { channelTestShape } from './definition-views.ts';
import type { AppDeps } from './deps.ts';
import { json } from './reply.ts';
import { type Route, tenantAction } from './route.ts';

export function channelRoutes({ manage: { channels } }: AppDeps): readonly Route[] {
  return [
    tenantAction('channel.test', {
      method: 'POST',
      path: '/v1/channels/:name/test',
      summary: 'Post a test card to a channel, or send it a test mail, and answer what came of it',
      answers: { 200: { description: 'What came of it', schema: channelTestShape } },
      async handle({ caller, tenant, param, gone }) {
        return json(testView(await channels.test(caller, { tenant, name: param('name') }, gone)));
      },
    }),
  ];
}

function testView({ outcome, reason, status, durationMs, messageId }: ChannelTest): z.output<typeof channelTestShape> {
  return {
    ...{ ok: outcome === 'delivered' || outcome === 'queued', outcome, durationMs },
    ...{ reason: reason ?? null, status: status ?? null, messageId: messageId ?? null },
  };
}
