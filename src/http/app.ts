/**
 * The HTTP door as a whole: the routes, what is said where there is none, and the last resort for what is thrown. The
 * daemon gives it to a listener; the command line calls it in its own process.
 */

import { Hono } from 'hono';
import { TrieRouter } from 'hono/router/trie-router';
import { createAudit } from '../audit/audit.ts';
import type { AuditActor } from '../core/audit-entry.ts';
import { IepError } from '../core/errors.ts';
import { type Networks, noNetworks } from '../core/networks.ts';
import { createAuth } from './auth.ts';
import { createBodyReader } from './body.ts';
import type { Context, Env } from './context.ts';
import type { AppDeps } from './deps.ts';
import { methodNotAllowed } from './errors.ts';
import { healthRoutes } from './health.ts';
import { createLargeBodies } from './large-bodies.ts';
import { auditRoutes } from './native/audit.ts';
import { choreRoutes } from './native/chores.ts';
import { domainRoutes } from './native/domains.ts';
import { eventRoutes } from './native/events.ts';
import { explainRoute } from './native/explain.ts';
import { keyRoutes } from './native/keys.ts';
import { messageRoutes } from './native/messages.ts';
import { providerRoutes } from './native/providers.ts';
import { queueRoutes } from './native/queue.ts';
import { rawRoute } from './native/raw.ts';
import { statsRoutes } from './native/stats.ts';
import { suppressionRoutes } from './native/suppressions.ts';
import { tenantRoutes } from './native/tenants.ts';
import { webhookRoutes } from './native/webhooks.ts';
import { openapiRoute } from './openapi.ts';
import type { Route } from './route.ts';
import { failed, serveRoute, toResponse } from './serve.ts';
import { createSourceOf } from './source.ts';

export interface AppOptions {
  /** Asked for with each request, as the proxies. */
  readonly bodyLimitBytes: () => number;
  /** Every request is the operator's, and no key is asked for: for a transport that nobody else can reach. */
  readonly trustLocal?: boolean;
  /** With `trustLocal`: who that operator is. */
  readonly localActor?: AuditActor;
  /** Proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies?: () => Networks;
  /** How long a call waits for the store before it answers `store_unavailable`. */
  readonly waitMs?: number;
}

export type App = Hono<Env>;

const DEFAULT_WAIT_MS = 30_000;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export function createApp(deps: AppDeps, options: AppOptions): App {
  const trustLocal = options.trustLocal ?? false;
  const sourceOf = createSourceOf(options.trustedProxies ?? (() => noNetworks));
  const auth = createAuth(deps, { trustLocal, sourceOf });
  const { clock, newId, log } = deps;
  const serving = {
    auth,
    bodies: createBodyReader(deps, { limitBytes: options.bodyLimitBytes }),
    largeBodies: createLargeBodies(),
    largeJson: deps.largeJson,
    clock,
    newId,
    log,
    trace: deps.trace,
    waitMs: options.waitMs ?? DEFAULT_WAIT_MS,
    sourceOf,
    audit: createAudit(deps),
    ...(options.localActor && { localActor: options.localActor }),
  };

  // Named, because hono's own choice falls to it silently: `/v1/messages/:id/retry` beside `/v1/messages/retry` is more
  // than its regular-expression router takes.
  const app: App = new Hono<Env>({ router: new TrieRouter() });
  const door = trustLocal ? 'cli' : 'http';
  const routes: readonly Route[] = [
    ...messageRoutes(deps, door),
    rawRoute(deps, door),
    ...eventRoutes(deps, auth),
    ...suppressionRoutes(deps),
    ...domainRoutes(deps),
    ...webhookRoutes(deps),
    ...statsRoutes(deps),
    ...tenantRoutes(deps),
    ...keyRoutes(deps),
    ...queueRoutes(deps),
    ...auditRoutes(deps),
    ...providerRoutes(deps),
    explainRoute(deps),
    ...choreRoutes(deps),
    ...healthRoutes(deps),
  ];
  for (const route of [...routes, openapiRoute(routes, deps.version.version)]) {
    app.on(route.method, route.path, serveRoute(route, serving));
  }

  /** Paths and methods nobody takes. One handler, so that a known path costs a request nothing more. */
  function noRoute(c: Context): Response {
    const requestId = newId();
    const line: Record<string, unknown> = { requestId, method: c.req.method, route: 'none' };
    const allowed = METHODS.filter((method) => app.router.match(method, c.req.path)[0].length > 0);
    const reply =
      allowed.length > 0
        ? methodNotAllowed(allowed, requestId)
        : failed(new IepError('not_found', 'There is no such call; see /openapi.json'), requestId, line);
    log.info({ ...line, status: reply.status }, 'request');
    return toResponse(reply, requestId);
  }

  app.notFound(noRoute);
  app.onError((error) => {
    const requestId = newId();
    const line: Record<string, unknown> = { requestId };
    const reply = failed(error, requestId, line);
    log.error({ ...line, status: reply.status }, 'request failed');
    return toResponse(reply, requestId);
  });
  return app;
}
