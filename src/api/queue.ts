/** The queue, for the operator: what waits, and the levers on it. */

import * as z from 'zod';
import { findTenant } from './authorize.ts';
import type { AppDeps } from './deps.ts';
import { json } from './reply.ts';
import { jsonBody, operatorAction, operatorRoute, type Route } from './route.ts';
import { pausedShape, queueShape } from './shapes.ts';
import { queueView } from './views.ts';

/** Entries looked at in one commit. */
const FLUSHED_AT_ONCE = 1_000;

const whose = z.strictObject({ tenant: z.string().optional().describe('Slug or id; left out for all') });
const whoseBody = jsonBody(whose, { required: false });

export function queueRoutes({ store, directory, clock, wake, hurry }: AppDeps): readonly Route[] {
  async function idOf(named: string | undefined): Promise<{ tenantId?: string }> {
    return named === undefined ? {} : { tenantId: (await findTenant(directory, named)).id };
  }

  function setPaused(lever: 'pause' | 'resume', summary: string): Route {
    const paused = lever === 'pause';
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
      async handle({ body }) {
        const { allPaused } = await store.pause({ ...(await idOf(body.tenant)), paused, now: clock.now() });
        directory.forget();
        if (!paused) wake();
        const pausedTenants = (await directory.all()).filter((tenant) => tenant.paused).map(({ slug }) => slug);
        return json({ paused, tenant: body.tenant ?? null, allPaused, pausedTenants });
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
        return json(queueView(await store.queue({ now: clock.now(), ...(await idOf(query.tenant)) }, gone)));
      },
    }),
    operatorAction('queue.flush', {
      method: 'POST',
      path: '/v1/admin/queue/flush',
      summary: 'Try at once all that waits; schedules stay',
      body: whoseBody,
      answers: { 200: { description: 'How many are due now', schema: z.strictObject({ flushed: z.int() }) } },
      async handle({ body, gone }) {
        const whose = await idOf(body.tenant);
        let flushed = 0;
        let after: number | undefined;
        do {
          const part = { ...whose, now: clock.now(), limit: FLUSHED_AT_ONCE, ...(after !== undefined && { after }) };
          const done = await store.flush(part, gone);
          flushed += done.flushed;
          after = done.next;
        } while (after !== undefined && !gone.aborted);
        await hurry();
        return json({ flushed });
      },
    }),
    setPaused('pause', 'Stop sending; mail is still accepted'),
    setPaused('resume', 'Send again'),
  ];
}
