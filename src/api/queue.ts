/** The queue, for the operator: what waits, and the levers on it. */

import * as z from 'zod';
import { findTenant } from '../access/directory.ts';
import type { AppDeps } from './deps.ts';
import { json } from './reply.ts';
import { jsonBody, operatorAction, operatorRoute, type Route } from './route.ts';
import { pausedShape, queueShape } from './shapes.ts';
import { queueView } from './views.ts';

const whose = z.strictObject({ tenant: z.string().optional().describe('Slug or id; left out for all') });
const whoseBody = jsonBody(whose, { required: false });

export function queueRoutes({ store, directory, clock, manage }: AppDeps): readonly Route[] {
  async function idOf(named: string | undefined): Promise<{ tenantId?: string }> {
    return named === undefined ? {} : { tenantId: (await findTenant(directory, named)).id };
  }

  function pausing(lever: 'pause' | 'resume', summary: string): Route {
    return operatorAction(`queue.${lever}`, {
      method: 'POST',
      path: `/v1/admin/queue/${lever}`,
      summary,
      body: whoseBody,
      answers: {
        200: {
          description: 'Done',
          schema: pausedShape,
        },
      },
      async handle({ caller, body }) {
        const { paused, allPaused, pausedTenants } = await manage.queue[lever](caller, body);
        return json({ paused, tenant: body.tenant ?? null, allPaused, pausedTenants: [...pausedTenants] });
      },
    });
  }

  return [
    operatorRoute({
      method: 'GET',
      path: '/v1/admin/queue',
      summary: 'What waits, by tenant and lane',
      query: whose,
      answers: { 200: { description: 'The queue', schema: queueShape } },
      async handle({ query, gone }) {
        return json(queueView(await store.outbox.queue({ now: clock.now(), ...(await idOf(query.tenant)) }, gone)));
      },
    }),
    operatorAction('queue.flush', {
      method: 'POST',
      path: '/v1/admin/queue/flush',
      summary: 'Try at once all that waits; schedules stay',
      body: whoseBody,
      answers: { 200: { description: 'How many are due now', schema: z.strictObject({ flushed: z.int() }) } },
      handle: async ({ caller, body, gone }) => json({ flushed: await manage.queue.flush(caller, body, gone) }),
    }),
    pausing('pause', 'Stop sending; mail is still accepted'),
    pausing('resume', 'Send again'),
  ];
}
