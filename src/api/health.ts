/** What watches the daemon asks: is it alive, can it take mail, and its numbers. No key; the bind address guards them. */

import * as z from 'zod';
import type { AppDeps } from './deps.ts';
import { json, ofType } from './reply.ts';
import { publicRoute, type Route } from './route.ts';

/** Probes add what keeps caches away, and this answers no question that a query could ask. */
const anyQuery = z.object({});

const readyShape = z.strictObject({ status: z.enum(['ready', 'not ready']), checks: z.record(z.string(), z.string()) });

/** `/livez` and `/readyz` are what Kubernetes asks by custom. */
export function healthRoute({ version }: Pick<AppDeps, 'version'>, path = '/health'): Route {
  return publicRoute({
    method: 'GET',
    path,
    summary: 'Alive; asks nothing of the store',
    query: anyQuery,
    answers: {
      200: { description: 'Alive', schema: z.strictObject({ status: z.literal('ok'), version: z.string() }) },
    },
    handle: () => json({ status: 'ok', version: version.version }),
  });
}

function readyRoute(ready: AppDeps['ready'], path: string): Route {
  return publicRoute({
    method: 'GET',
    path,
    summary: 'Whether it can take mail in: the store and the listeners',
    query: anyQuery,
    answers: {
      200: { description: 'Ready', schema: readyShape },
      503: { description: 'Not ready; says which part', schema: readyShape },
    },
    async handle() {
      const { ok, checks } = await ready();
      return json({ status: ok ? 'ready' : 'not ready', checks }, ok ? 200 : 503);
    },
  });
}

export function healthRoutes({ ready, metrics, version }: AppDeps): readonly Route[] {
  return [
    healthRoute({ version }),
    healthRoute({ version }, '/livez'),
    readyRoute(ready, '/ready'),
    readyRoute(ready, '/readyz'),
    publicRoute({
      method: 'GET',
      path: '/metrics',
      summary: 'Prometheus metrics',
      query: anyQuery,
      answers: { 200: { description: 'Prometheus text', type: 'text/plain' } },
      handle: async () => ofType({ type: metrics.contentType, body: await metrics.render() }),
    }),
  ];
}
