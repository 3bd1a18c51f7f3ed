/**
 * The HTTP door as a whole: the routes, the reply where there is none, and the last resort for what is thrown. The
 * daemon gives it to a listener; the command line calls it in its own process.
 */

import { Hono } from 'hono';
import { TrieRouter } from 'hono/router/trie-router';
import { acknowledgePageRoutes } from '../api/acknowledge-pages.ts';
import { auditRoutes } from '../api/audit.ts';
import { type Auth, createAuth } from '../api/authorize.ts';
import { channelRoutes } from '../api/channels.ts';
import { choreRoutes } from '../api/chores.ts';
import { daemonRoute } from '../api/daemon.ts';
import { definitionRoutes } from '../api/definitions.ts';
import type { AppDeps } from '../api/deps.ts';
import { doctorRoutes } from '../api/doctor.ts';
import { domainRoutes } from '../api/domains.ts';
import { eventRoutes } from '../api/events.ts';
import { explainRoute } from '../api/explain.ts';
import { factorRoutes } from '../api/factors.ts';
import { feedbackRoutes } from '../api/feedback.ts';
import { groupRoutes } from '../api/groups.ts';
import { healthRoute, healthRoutes } from '../api/health.ts';
import { hookRoute } from '../api/hooks.ts';
import { inboxRoutes } from '../api/inbox.ts';
import { keyRoutes } from '../api/keys.ts';
import { loginProviderRoutes } from '../api/login-providers.ts';
import { messageRoutes, sendOneRoute } from '../api/messages.ts';
import { notificationRoutes } from '../api/notifications.ts';
import { openapiRoute } from '../api/openapi.ts';
import { opsNotificationRoutes } from '../api/ops/notifications.ts';
import { opsPreferenceRoutes } from '../api/ops/preferences.ts';
import { opsServiceRoutes } from '../api/ops/service.ts';
import { preferencePageRoutes } from '../api/preference-pages.ts';
import { previewRoutes } from '../api/preview.ts';
import { methodNotAllowed, noSuchCall, problemReply } from '../api/problem.ts';
import { providerRoutes } from '../api/providers.ts';
import { queueRoutes } from '../api/queue.ts';
import { rawRoute } from '../api/raw.ts';
import { resourceRoutes } from '../api/resources.ts';
import type { Route } from '../api/route.ts';
import { sessionRoutes } from '../api/session.ts';
import { settingsRoute } from '../api/settings.ts';
import { statsRoutes } from '../api/stats.ts';
import { createSubmitAuth } from '../api/submit-auth.ts';
import { submittedRoute } from '../api/submitted.ts';
import { subscriberRoutes } from '../api/subscribers.ts';
import { suppressionRoutes } from '../api/suppressions.ts';
import { templateRoutes } from '../api/templates.ts';
import { tenantRoutes } from '../api/tenants.ts';
import { trackingRoutes } from '../api/tracking.ts';
import { triggerRoutes } from '../api/triggers.ts';
import { unsubscribePageRoutes } from '../api/unsubscribe-pages.ts';
import { unsubscribeRoutes } from '../api/unsubscribes.ts';
import { userRoutes } from '../api/users.ts';
import { webhookRoutes } from '../api/webhooks.ts';
import type { AuditActor } from '../core/audit-entry.ts';
import { IepError } from '../core/errors.ts';
import type { Submission } from '../core/message.ts';
import { type Networks, noNetworks } from '../core/networks.ts';
import { createBodyReader } from './body.ts';
import type { Context, Env } from './context.ts';
import { type Dashboard, dashboardRoutes } from './dashboard.ts';
import { CALLBACK_BYTES, createDialects } from './dialect.ts';
import { createLargeBodies } from './large-bodies.ts';
import { createReadJson, type LargeJson } from './large-json.ts';
import { noteRefusal, type ServeDeps, serveRoute, toResponse } from './serve.ts';
import { createSourceOf } from './source.ts';

export interface ServedDeps extends AppDeps {
  /** Reads large bodies elsewhere; absent where nobody else waits for this thread. */
  readonly largeJson?: LargeJson;
  /** Absent where no browser comes. */
  readonly dashboard?: Dashboard;
}

export interface AppOptions {
  /** Asked for with each request, as the proxies. */
  readonly bodyLimitBytes: () => number;
  /** Every request is the operator's, and no key is asked for: for a transport that nobody else can reach. */
  readonly trustLocal?: boolean;
  /** With `trustLocal`: who that operator is, as the audit log has it. */
  readonly localActor?: (c: Context) => AuditActor;
  /** With `trustLocal`: whose mail is that names no tenant, where there are several. */
  readonly mailTenant?: () => string | undefined;
  /** Every request hands in mail of this tenant, or of the only one there is; no other call is answered. */
  readonly submitFor?: () => string | undefined;
  /** Proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies?: () => Networks;
  /** How long a call waits for the store before it answers `store_unavailable`. */
  readonly waitMs?: number;
}

export type App = Hono<Env>;

const DEFAULT_WAIT_MS = 30_000;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export function createApp(deps: ServedDeps, options: AppOptions): App {
  const trustLocal = options.trustLocal ?? false;
  const sourceOf = createSourceOf(options.trustedProxies ?? (() => noNetworks));
  const { submitFor } = options;
  const auth = submitFor
    ? createSubmitAuth(deps.directory, submitFor)
    : createAuth(deps, { trustLocal, mailTenant: options.mailTenant });
  const { clock, newId, log } = deps;
  const roomOf = (limitBytes: () => number) => ({
    reader: createBodyReader(deps, { limitBytes }),
    largeBodies: createLargeBodies(),
  });
  const serving: ServeDeps = {
    dialects: createDialects({ auth, readJson: createReadJson(deps.largeJson) }),
    room: roomOf(options.bodyLimitBytes),
    strangers: roomOf(() => CALLBACK_BYTES),
    clock,
    newId,
    log,
    trace: deps.trace,
    waitMs: options.waitMs ?? DEFAULT_WAIT_MS,
    sourceOf,
    audit: deps.audit,
    ...(options.localActor && { localActor: options.localActor }),
  };

  // Named, because hono's own choice falls to it silently: `/v1/messages/:id/retry` next to `/v1/messages/retry` is more
  // than its regular-expression router takes.
  const app: App = new Hono<Env>({ router: new TrieRouter() });
  const routes = submitFor ? submitRoutes(deps) : allRoutes(deps, { auth, door: trustLocal ? 'cli' : 'http' });
  for (const route of routes) {
    const { method, path, alias } = route;
    app.on(method, alias === undefined ? [path] : [path, alias], serveRoute(route, serving));
  }

  /** Paths and methods nobody takes. One handler, so that a known path costs a request nothing more. */
  function noRoute(c: Context): Response {
    const requestId = newId();
    const line: Record<string, unknown> = { requestId, method: c.req.method, route: 'none' };
    const allowed = METHODS.filter((method) => app.router.match(method, c.req.path)[0].length > 0);
    const refused = (error: IepError) => problemReply(noteRefusal(error, line), requestId);
    const reply = submitFor
      ? refused(new IepError('forbidden', 'Mail is handed in here, and nothing else'))
      : allowed.length > 0
        ? methodNotAllowed(allowed, requestId)
        : refused(noSuchCall());
    log.info({ ...line, status: reply.status }, 'request');
    return toResponse(reply, requestId);
  }

  app.notFound(noRoute);
  app.onError((error) => {
    const requestId = newId();
    const line: Record<string, unknown> = { requestId };
    const reply = problemReply(noteRefusal(error, line), requestId);
    log.error({ ...line, status: reply.status }, 'request failed');
    return toResponse(reply, requestId);
  });
  return app;
}

function allRoutes(deps: ServedDeps, options: { auth: Auth; door: Submission['door'] }): readonly Route[] {
  const documented = apiRoutes(deps, options);
  return [
    ...documented,
    openapiRoute(documented, deps.version.version),
    ...(deps.dashboard === undefined ? [] : dashboardRoutes(deps.dashboard)),
  ];
}

function apiRoutes(deps: AppDeps, { auth, door }: { auth: Auth; door: Submission['door'] }): readonly Route[] {
  return [
    ...messageRoutes(deps, door),
    ...notificationRoutes(deps, door),
    ...triggerRoutes(deps, door),
    ...channelRoutes(deps),
    ...definitionRoutes(deps),
    ...opsNotificationRoutes(deps, door),
    ...opsServiceRoutes(deps),
    ...opsPreferenceRoutes(deps),
    ...subscriberRoutes(deps),
    rawRoute(deps, door),
    ...previewRoutes(deps),
    ...unsubscribePageRoutes(deps),
    ...preferencePageRoutes(deps),
    ...acknowledgePageRoutes(deps),
    ...inboxRoutes(deps),
    ...eventRoutes(deps, auth),
    ...suppressionRoutes(deps),
    ...unsubscribeRoutes(deps),
    ...domainRoutes(deps),
    ...resourceRoutes(deps),
    ...webhookRoutes(deps),
    ...statsRoutes(deps),
    ...groupRoutes(deps),
    ...templateRoutes(deps),
    ...tenantRoutes(deps),
    ...keyRoutes(deps),
    ...userRoutes(deps),
    ...sessionRoutes(deps),
    ...loginProviderRoutes(deps),
    ...factorRoutes(deps),
    ...queueRoutes(deps),
    ...auditRoutes(deps),
    ...feedbackRoutes(deps),
    hookRoute(deps),
    ...trackingRoutes(deps),
    ...providerRoutes(deps),
    explainRoute(deps),
    ...choreRoutes(deps),
    settingsRoute(deps),
    ...doctorRoutes(deps),
    daemonRoute(deps),
    ...healthRoutes(deps),
  ];
}

function submitRoutes(deps: AppDeps): readonly Route[] {
  return [sendOneRoute(deps, 'socket'), rawRoute(deps, 'socket'), submittedRoute(deps), healthRoute(deps)];
}
