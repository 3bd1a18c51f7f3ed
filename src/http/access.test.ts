/** Who may call what: every route against every kind of key and every role, and every route with another tenant's things. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import { type CallInit, startServer, submission, type TestServer } from './http.testing.ts';
import { signedInAs, type TestPerson } from './people.testing.ts';

let server: TestServer;
/** Things of acme's, which the rival will ask for. */
let messageId: string;
let keyId: string;
beforeAll(async () => {
  server = await startServer();
  messageId = await server.send({ idempotencyKey: 'shared', groupId: 'shared' });
  keyId = (await server.store.keys.list({ tenantId: server.tenants.acme.id }))[0]?.id ?? '';
  await server.call('POST', '/v1/suppressions', { key: 'admin', json: { email: 'gone@example.org' } });
  await server.call('POST', '/v1/unsubscribes', {
    key: 'admin',
    json: { email: 'gone@example.org', category: 'news' },
  });
  await server.store.domains.add({
    tenantId: server.tenants.acme.id,
    domain: 'acme.example',
    id: server.deps.newId(),
    now: Date.now(),
  });
  server.deps.directory.forget();
});
afterAll(() => server.close());

type Kind = 'send' | 'read' | 'admin' | 'operator';

/** Every route but the public ones, with who may call it. A body only where the call cannot be tried without. */
const table: readonly (readonly [route: string, allowed: readonly Kind[], init?: CallInit])[] = [
  ['POST /v1/messages', ['send', 'operator'], { json: submission }],
  ['POST /v1/messages/batch', ['send', 'operator'], { json: [submission] }],
  ['POST /v1/messages/raw', ['send', 'operator'], rawBody()],
  ['GET /v1/messages', ['read', 'operator']],
  ['GET /v1/messages/:id', ['read', 'operator']],
  ['GET /v1/messages/:id/events', ['read', 'operator']],
  ['GET /v1/messages/:id/content', ['read', 'operator']],
  ['GET /v1/messages/:id/raw', ['read', 'operator']],
  ['GET /v1/messages/:id/explain', ['read', 'operator']],
  ['GET /v1/messages/:id/attachments/:n', ['read', 'operator']],
  ['GET /v1/messages/:id/view', ['read', 'operator']],
  ['GET /v1/messages/:id/preview', ['read', 'operator']],
  ['POST /v1/messages/:id/links/check', ['send', 'operator']],
  ['GET /v1/inbox/messages', ['read', 'operator']],
  ['DELETE /v1/inbox/messages', ['admin', 'operator']],
  ['POST /v1/inbox/messages/:id/release', ['admin', 'operator'], { json: { provider: 'relay' } }],
  ['DELETE /v1/messages/:id', ['admin', 'operator']],
  ['POST /v1/messages/:id/retry', ['send', 'operator']],
  ['POST /v1/messages/:id/cancel', ['send', 'operator']],
  ['POST /v1/messages/:id/reschedule', ['send', 'operator'], { json: { scheduledAt: null } }],
  ['GET /v1/messages/export', ['read', 'operator']],
  ['POST /v1/messages/retry', ['send', 'operator'], { json: { dryRun: true } }],
  ['POST /v1/messages/cancel', ['send', 'operator'], { json: { dryRun: true } }],
  ['GET /v1/events/stream', ['read', 'operator'], { headers: { 'last-event-id': 'stop here' } }],
  ['GET /v1/unsubscribes', ['read', 'admin', 'operator']],
  ['POST /v1/unsubscribes', ['admin', 'operator'], { json: { email: 'a@example.org' } }],
  ['DELETE /v1/unsubscribes/:email', ['admin', 'operator']],
  ['GET /v1/suppressions', ['read', 'admin', 'operator']],
  ['POST /v1/suppressions', ['admin', 'operator'], { json: { email: 'a@example.org' } }],
  [
    'POST /v1/suppressions/import',
    ['admin', 'operator'],
    { body: 'email\r\n', headers: { 'content-type': 'text/csv' } },
  ],
  ['GET /v1/suppressions/export', ['read', 'admin', 'operator']],
  ['GET /v1/suppressions/:email', ['read', 'admin', 'operator']],
  ['DELETE /v1/suppressions/:email', ['admin', 'operator']],
  ['GET /v1/domains', ['admin', 'operator']],
  ['POST /v1/domains', ['admin', 'operator'], { json: { domain: 'x' } }],
  ['GET /v1/domains/:domain', ['admin', 'operator']],
  ['GET /v1/domains/:domain/history', ['admin', 'operator']],
  ['POST /v1/domains/:domain/verify', ['admin', 'operator']],
  ['POST /v1/domains/:domain/rotate', ['admin', 'operator']],
  ['DELETE /v1/domains/:domain', ['admin', 'operator']],
  ['GET /v1/groups/:groupId', ['read', 'operator']],
  ['GET /v1/groups/:groupId/analytics', ['read', 'operator']],
  ['GET /v1/webhooks', ['admin', 'operator']],
  ['POST /v1/webhooks', ['admin', 'operator'], { json: { url: 'nowhere' } }],
  ['GET /v1/webhooks/:id', ['admin', 'operator']],
  ['PUT /v1/webhooks/:id', ['admin', 'operator'], { json: {} }],
  ['DELETE /v1/webhooks/:id', ['admin', 'operator']],
  ['POST /v1/webhooks/:id/rotate', ['admin', 'operator']],
  ['POST /v1/webhooks/:id/test', ['admin', 'operator']],
  ['POST /v1/webhooks/:id/replay', ['admin', 'operator'], { json: { missed: true } }],
  ['GET /v1/webhooks/:id/deliveries', ['admin', 'operator']],
  ['GET /v1/webhooks/:id/deliveries/:did', ['admin', 'operator']],
  ['POST /v1/webhooks/:id/deliveries/:did/replay', ['admin', 'operator']],
  ['GET /v1/templates', ['read', 'admin', 'operator']],
  ['POST /v1/templates', ['admin', 'operator'], { json: { name: 'X' } }],
  ['GET /v1/templates/:name', ['read', 'admin', 'operator']],
  ['PUT /v1/templates/:name', ['admin', 'operator'], { json: {} }],
  ['DELETE /v1/templates/:name', ['admin', 'operator']],
  ['GET /v1/templates/:name/versions', ['read', 'admin', 'operator']],
  ['GET /v1/templates/:name/versions/:n', ['read', 'admin', 'operator']],
  ['GET /v1/templates/:name/diff', ['read', 'admin', 'operator']],
  ['POST /v1/templates/:name/publish', ['admin', 'operator'], { json: { version: 1 } }],
  ['POST /v1/templates/:name/preview', ['read', 'admin', 'operator'], { json: {} }],
  ['POST /v1/templates/preview', ['read', 'admin', 'operator'], { json: { template: { name: 'x' } } }],
  ['POST /v1/templates/check', ['read', 'admin', 'operator'], { json: { templates: [{ name: 'x' }] } }],
  ['POST /v1/templates/:name/test', ['admin', 'operator'], { json: { to: 'a@example.org' } }],
  ['GET /v1/stats', ['read', 'operator']],
  ['GET /v1/analytics', ['read', 'operator']],
  ['GET /v1/analytics/export', ['read', 'operator']],
  ['GET /v1/triggers', ['read', 'admin', 'operator']],
  ['POST /v1/triggers', ['admin', 'operator'], { json: { name: 'x' } }],
  ['GET /v1/triggers/:name', ['read', 'admin', 'operator']],
  ['PATCH /v1/triggers/:name', ['admin', 'operator'], { json: {} }],
  ['DELETE /v1/triggers/:name', ['admin', 'operator']],
  ['POST /v1/triggers/:name/test', ['read', 'admin', 'operator'], { json: { type: 'x' } }],
  ['POST /api/v1/notifications', ['send', 'operator'], { json: {} }],
  ['POST /internal/notifications', ['send', 'operator'], { json: {} }],
  ['GET /api/v1/notifications', ['read', 'operator']],
  ['GET /api/v1/notifications/:id', ['read', 'operator']],
  ['DELETE /api/v1/notifications/:id', ['admin', 'operator']],
  ['GET /api/v1/notification/preferences/:user_id', ['read', 'admin', 'operator']],
  ['POST /api/v1/notification/preferences/:user_id', ['admin', 'operator'], { json: { timezone: 'X' } }],
  ['GET /api/v1/notification/smtp/settings', ['admin', 'operator']],
  ['POST /api/v1/notification/smtp/settings', ['admin', 'operator'], { json: {} }],
  ['POST /api/v1/notification/smtp/test', ['admin', 'operator'], { json: {} }],
  ['POST /api/v1/notification/test/slack', ['admin', 'operator'], { json: {} }],
  ['POST /api/v1/notification/test/teams', ['admin', 'operator'], { json: {} }],
  ['POST /api/v1/notification/test/webhook', ['admin', 'operator'], { json: {} }],
  ['GET /api/v1/worker/status', ['read', 'operator']],
  ['POST /api/v1/notification/worker/start', ['operator']],
  ['POST /api/v1/notification/worker/stop', ['operator']],
  ['GET /v1/channels', ['read', 'admin', 'operator']],
  ['POST /v1/channels', ['admin', 'operator'], { json: { name: 'X' } }],
  ['GET /v1/channels/:name', ['read', 'admin', 'operator']],
  ['PATCH /v1/channels/:name', ['admin', 'operator'], { json: {} }],
  ['DELETE /v1/channels/:name', ['admin', 'operator']],
  ['POST /v1/channels/:name/test', ['admin', 'operator']],
  ['GET /v1/topics', ['read', 'admin', 'operator']],
  ['POST /v1/topics', ['admin', 'operator'], { json: { name: 'X' } }],
  ['GET /v1/topics/:name', ['read', 'admin', 'operator']],
  ['PATCH /v1/topics/:name', ['admin', 'operator'], { json: {} }],
  ['DELETE /v1/topics/:name', ['admin', 'operator']],
  ['GET /v1/notification-types', ['read', 'admin', 'operator']],
  ['POST /v1/notification-types', ['admin', 'operator'], { json: { name: 'X' } }],
  ['GET /v1/notification-types/:name', ['read', 'admin', 'operator']],
  ['PATCH /v1/notification-types/:name', ['admin', 'operator'], { json: {} }],
  ['DELETE /v1/notification-types/:name', ['admin', 'operator']],
  ['GET /v1/rules', ['read', 'admin', 'operator']],
  ['POST /v1/rules', ['admin', 'operator'], { json: { name: 'X' } }],
  ['GET /v1/rules/:name', ['read', 'admin', 'operator']],
  ['PATCH /v1/rules/:name', ['admin', 'operator'], { json: {} }],
  ['DELETE /v1/rules/:name', ['admin', 'operator']],
  ['GET /v1/escalation-policies', ['read', 'admin', 'operator']],
  ['POST /v1/escalation-policies', ['admin', 'operator'], { json: { name: 'X' } }],
  ['GET /v1/escalation-policies/:name', ['read', 'admin', 'operator']],
  ['PATCH /v1/escalation-policies/:name', ['admin', 'operator'], { json: {} }],
  ['DELETE /v1/escalation-policies/:name', ['admin', 'operator']],
  ['POST /v1/notifications', ['send', 'operator'], { json: { type: 'x' } }],
  ['GET /v1/notifications', ['read', 'operator']],
  ['GET /v1/notifications/:id', ['read', 'operator']],
  ['GET /v1/notifications/:id/deliveries', ['read', 'operator']],
  ['POST /v1/notifications/:id/acknowledge', ['send', 'admin', 'operator']],
  ['DELETE /v1/notifications/:id', ['admin', 'operator']],
  ['GET /v1/subscribers', ['read', 'admin', 'operator']],
  ['POST /v1/subscribers', ['admin', 'operator'], { json: { id: '' } }],
  ['POST /v1/subscribers/import', ['admin', 'operator'], { body: 'id\r\n', headers: { 'content-type': 'text/csv' } }],
  ['GET /v1/subscribers/:id', ['read', 'admin', 'operator']],
  ['PATCH /v1/subscribers/:id', ['admin', 'operator'], { json: {} }],
  ['DELETE /v1/subscribers/:id', ['admin', 'operator']],
  ['GET /v1/subscribers/:id/preferences', ['read', 'admin', 'operator']],
  ['PUT /v1/subscribers/:id/preferences', ['admin', 'operator'], { json: {} }],
  ['POST /v1/events', ['send', 'operator'], { json: { type: 'x' } }],
  ['POST /v1/apply', ['admin', 'operator'], { body: 'kind: X', headers: { 'content-type': 'application/yaml' } }],
  ['GET /v1/resources/:kind', ['read', 'admin', 'operator']],
  ['GET /v1/resources/:kind/:name', ['read', 'admin', 'operator']],
  ['DELETE /v1/resources/:kind/:name', ['admin', 'operator']],
  ['GET /v1/admin/tenants', ['operator']],
  ['POST /v1/admin/tenants', ['operator'], { json: { slug: 'acme' } }],
  ['GET /v1/admin/tenants/:slug', ['operator']],
  ['PATCH /v1/admin/tenants/:slug', ['operator'], { json: {} }],
  ['DELETE /v1/admin/tenants/:slug', ['operator']],
  ['GET /v1/admin/keys', ['operator']],
  ['POST /v1/admin/keys', ['operator'], { json: { scopes: [] } }],
  ['PATCH /v1/admin/keys/:id', ['operator'], { json: {} }],
  ['POST /v1/admin/keys/:id/rotate', ['operator']],
  ['GET /v1/users', ['operator']],
  ['POST /v1/users', ['operator'], { json: { email: 'x' } }],
  ['GET /v1/users/:id', ['operator']],
  ['PATCH /v1/users/:id', ['operator'], { json: {} }],
  ['POST /v1/users/:id/reset', ['operator']],
  ['DELETE /v1/users/:id', ['operator']],
  ['GET /v1/admin/audit', ['operator']],
  ['GET /v1/admin/audit/verify', ['operator']],
  ['GET /v1/admin/feedback', ['operator']],
  ['POST /v1/admin/feedback/import', ['operator'], rawBody()],
  ['DELETE /v1/admin/keys/:id', ['operator']],
  ['GET /v1/admin/providers', ['operator']],
  ['POST /v1/admin/providers', ['operator'], { json: { name: 'x', settings: {} } }],
  ['GET /v1/admin/providers/:name', ['operator']],
  ['PATCH /v1/admin/providers/:name', ['operator'], { json: { settings: {} } }],
  ['DELETE /v1/admin/providers/:name', ['operator']],
  ['POST /v1/admin/providers/:name/test', ['operator']],
  ['GET /v1/admin/chores', ['operator']],
  ['GET /v1/admin/settings', ['operator']],
  ['GET /v1/admin/doctor', ['operator']],
  ['POST /v1/admin/doctor', ['operator']],
  ['GET /v1/admin/daemon', ['operator']],
  ['GET /v1/admin/queue', ['operator']],
  ['POST /v1/admin/queue/flush', ['operator']],
  ['POST /v1/admin/queue/pause', ['operator'], { json: { tenant: 'nobody' } }],
  ['POST /v1/admin/queue/resume', ['operator'], { json: { tenant: 'nobody' } }],
];
const routes = table.map(([route, allowed, init = {}]) => ({ route, allowed, init }));
/** What a user who is signed in may call about itself, and no key may. */
const personRoutes = [
  'POST /v1/session/factor',
  'POST /v1/session/factor/options',
  'PUT /v1/session/password',
  'POST /v1/session/totp',
  'POST /v1/session/totp/confirm',
  'DELETE /v1/session/totp',
  'POST /v1/session/recovery-codes',
  'GET /v1/session/passkeys',
  'POST /v1/session/passkeys/options',
  'POST /v1/session/passkeys',
  'DELETE /v1/session/passkeys/:id',
  'GET /v1/session',
  'DELETE /v1/session',
  'GET /v1/sessions',
  'DELETE /v1/sessions/:id',
];
/** By which somebody signs in. */
const strangersRoutes = [
  ...['POST /v1/session', 'POST /v1/session/passkey', 'POST /v1/session/passkey/options'],
  ...['POST /v1/session/link', 'POST /v1/session/link/check'],
  ...['GET /v1/session/providers', 'POST /v1/session/providers/:name/begin', 'POST /v1/session/providers/:name'],
];
/** They ask somebody who is signed in for the factor again. Of keys none asks. */
const dangerousRoutes = [
  ...['POST /v1/users', 'PATCH /v1/users/:id', 'POST /v1/users/:id/reset', 'DELETE /v1/users/:id'],
  ...['POST /v1/admin/keys', 'POST /v1/admin/keys/:id/rotate', 'DELETE /v1/admin/tenants/:slug'],
  ...['POST /v1/apply', 'DELETE /v1/resources/:kind/:name'],
  ...['DELETE /v1/domains/:domain', 'POST /v1/inbox/messages/:id/release'],
];
const publicRoutes = [
  'GET /health',
  'GET /ready',
  'GET /livez',
  'GET /readyz',
  'GET /metrics',
  'GET /openapi.json',
  'GET /schemas',
  'GET /api/v1/notification/health',
];
/** They ask for a signature in place of a key. */
const signedRoutes = [
  'POST /hooks/:provider',
  'GET /a/:token',
  'POST /a/:token',
  'GET /p/:token',
  'POST /p/:token',
  'GET /u/:token',
  'POST /u/:token',
  'GET /v1/preview/:token',
  'GET /v1/preview/:token/picture',
  'GET /v1/preview/templates/:token',
  'GET /t/o/:token',
  'GET /t/c/:token',
];

function rawBody(): CallInit {
  return {
    body: 'From: app@acme.example\r\nTo: user@example.org\r\nSubject: Hi\r\n\r\nHi\r\n',
    headers: { 'content-type': 'message/rfc822' },
  };
}

function ask(route: string, init: CallInit & { id?: string; to?: TestServer }) {
  const [method = '', path = ''] = route.split(' ');
  const id = init.id ?? '019cf5b2-6a00-7000-8000-000000000000';
  return (init.to ?? server).call(
    method,
    path.replaceAll(':kind', 'webhooks').replaceAll(/:(id|did|groupId|slug|email|domain|name|n)\b/g, id),
    init,
  );
}

test('the table names every route there is', async () => {
  const { body } = await server.call('GET', '/openapi.json');
  const documented = Object.entries(body.paths as Record<string, Record<string, unknown>>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  const listed = [
    'GET /schemas/:kind',
    ...routes.map(({ route }) => route),
    ...personRoutes,
    ...strangersRoutes,
    ...publicRoutes,
    ...signedRoutes,
  ];
  expect(listed.sort()).toEqual(documented.sort());
});

describe.each(routes)('$route', ({ route, allowed, init }) => {
  test('asks for a key', async () => {
    const { status, body, headers } = await ask(route, init);
    expect({ status, code: body.code }).toEqual({ status: 401, code: 'unauthorized' });
    expect(headers.get('www-authenticate')).toContain('Bearer');
  });

  test.each(['send', 'read', 'admin', 'operator'] as const)('and a key that may %s', async (kind) => {
    const { status, body } = await ask(route, {
      ...init,
      key: kind,
      headers: { ...init.headers, ...(kind === 'operator' && { 'x-iep-tenant': 'acme' }) },
    });
    if (allowed.includes(kind)) expect([401, 403]).not.toContain(status);
    else expect({ status, code: body.code }).toEqual({ status: 403, code: 'forbidden' });
    expect(status).toBeLessThan(500);
  });
});

const roles = [
  'owner',
  'operator',
  'viewer',
  'admin of acme',
  'sender of acme',
  'viewer of acme',
  'admin of rival',
] as const;
type Role = (typeof roles)[number];

let people: Readonly<Record<Role, TestPerson>>;
beforeAll(async () => {
  const signIn = async (role: Role) => {
    const [name, tenant] = role.split(' of ') as ['owner' | 'operator' | 'viewer', undefined] | ['admin', string];
    const email = `${role.replaceAll(' ', '-')}@example.com`;
    const rights = tenant === undefined ? { role: name } : { tenants: [{ tenant, role: name }] };
    return [role, await signedInAs(server, { email, ...rights }, 'three blue kettles')] as const;
  };
  people = Object.fromEntries(await Promise.all(roles.map(signIn))) as Record<Role, TestPerson>;
});

/** The rule, said once more: who reads what, and who changes what. */
function mayCall(role: Role, route: string, allowed: readonly Kind[]): boolean {
  const reads = route.startsWith('GET ');
  const isOfTenant = allowed.some((kind) => kind !== 'operator');
  switch (role) {
    case 'owner':
    case 'operator':
      return true;
    case 'viewer':
      return reads;
    case 'admin of acme':
      return isOfTenant;
    case 'sender of acme':
      return isOfTenant && (reads || allowed.includes('send') || allowed.includes('read'));
    case 'viewer of acme':
      return isOfTenant && (reads || allowed.includes('read'));
    case 'admin of rival':
      return false;
  }
}

describe.each(routes)('$route', ({ route, allowed, init }) => {
  test.each(roles)('and the role %s', async (role) => {
    const headers = { ...init.headers, ...people[role].headers, 'x-iep-tenant': 'acme' };
    const { status, body } = await ask(route, { ...init, headers });
    if (mayCall(role, route, allowed)) expect([401, 403], JSON.stringify(body)).not.toContain(status);
    else expect({ status, code: body.code }).toEqual({ status: 403, code: 'forbidden' });
    expect(status).toBeLessThan(500);
  });

  test('and somebody whose page is elsewhere', async () => {
    const headers = {
      ...init.headers,
      ...people.owner.headers,
      origin: 'https://evil.example',
      'x-iep-tenant': 'acme',
    };
    const { status, body } = await ask(route, { ...init, headers });
    if (route.startsWith('GET ')) expect(status).not.toBe(403);
    else expect({ status, code: body.code }).toEqual({ status: 403, code: 'foreign_page' });
  });
});

test('what is dangerous, and nothing else, wants a login that is not old', async () => {
  const clock = createManualClock(Date.now());
  const own = await startServer({ clock });
  const { headers } = await signedInAs(own, { email: 'owner@example.com', role: 'owner' }, 'three blue kettles');
  await clock.advance(15 * 60_000);
  const refused: string[] = [];
  for (const { route, init } of routes.filter(({ route }) => !route.startsWith('GET '))) {
    const { body } = await ask(route, {
      ...init,
      headers: { ...init.headers, ...headers, 'x-iep-tenant': 'acme' },
      to: own,
    });
    if (body.code === 'login_too_old') refused.push(route);
  }
  expect(refused.toSorted()).toEqual(dangerousRoutes.toSorted());
  for (const route of dangerousRoutes) {
    const { body } = await ask(route, { key: 'operator', to: own, headers: { 'x-iep-tenant': 'acme' } });
    expect(body.code).not.toBe('login_too_old');
  }
  await own.close();
});

test.each(personRoutes)('%s wants somebody who is signed in', async (route) => {
  expect((await ask(route, {})).body).toMatchObject({ status: 401, code: 'signed_out' });
  expect((await ask(route, { key: 'operator' })).body).toMatchObject({ status: 401, code: 'signed_out' });
});

/** As the audit log calls them. What changes nothing is not in it, nor mail, which has a history of its own. */
const actions: Readonly<Record<string, string>> = {
  'DELETE /v1/messages/:id': 'message.delete',
  'DELETE /v1/inbox/messages': 'inbox.delete',
  'POST /v1/inbox/messages/:id/release': 'inbox.release',
  'POST /v1/unsubscribes': 'unsubscribe.add',
  'DELETE /v1/unsubscribes/:email': 'unsubscribe.remove',
  'POST /v1/suppressions': 'suppression.add',
  'POST /v1/suppressions/import': 'suppression.import',
  'DELETE /v1/suppressions/:email': 'suppression.remove',
  'POST /v1/domains': 'domain.add',
  'POST /v1/domains/:domain/verify': 'domain.verify',
  'POST /v1/domains/:domain/rotate': 'domain.rotate',
  'DELETE /v1/domains/:domain': 'domain.remove',
  'POST /v1/webhooks': 'webhook.add',
  'PUT /v1/webhooks/:id': 'webhook.set',
  'DELETE /v1/webhooks/:id': 'webhook.remove',
  'POST /v1/webhooks/:id/rotate': 'webhook.rotate',
  'POST /v1/webhooks/:id/test': 'webhook.test',
  'POST /v1/webhooks/:id/replay': 'webhook.replay',
  'POST /v1/webhooks/:id/deliveries/:did/replay': 'delivery.replay',
  'POST /v1/templates': 'template.add',
  'PUT /v1/templates/:name': 'template.set',
  'DELETE /v1/templates/:name': 'template.remove',
  'POST /v1/templates/:name/publish': 'template.publish',
  'POST /v1/templates/:name/test': 'template.test',
  'DELETE /v1/notifications/:id': 'notification.remove',
  'POST /v1/triggers': 'trigger.add',
  'PATCH /v1/triggers/:name': 'trigger.set',
  'DELETE /v1/triggers/:name': 'trigger.remove',
  'DELETE /api/v1/notifications/:id': 'notification.remove',
  'POST /api/v1/notification/preferences/:user_id': 'preferences.set',
  'POST /api/v1/notification/smtp/settings': 'smtp-settings.set',
  'POST /api/v1/notification/smtp/test': 'smtp-settings.test',
  'POST /api/v1/notification/test/slack': 'channel.test',
  'POST /api/v1/notification/test/teams': 'channel.test',
  'POST /api/v1/notification/test/webhook': 'channel.test',
  'POST /api/v1/notification/worker/start': 'queue.resume',
  'POST /api/v1/notification/worker/stop': 'queue.pause',
  'POST /v1/channels': 'channel.add',
  'PATCH /v1/channels/:name': 'channel.set',
  'DELETE /v1/channels/:name': 'channel.remove',
  'POST /v1/channels/:name/test': 'channel.test',
  'POST /v1/topics': 'topic.add',
  'PATCH /v1/topics/:name': 'topic.set',
  'DELETE /v1/topics/:name': 'topic.remove',
  'POST /v1/notification-types': 'notification-type.add',
  'PATCH /v1/notification-types/:name': 'notification-type.set',
  'DELETE /v1/notification-types/:name': 'notification-type.remove',
  'POST /v1/rules': 'rule.add',
  'PATCH /v1/rules/:name': 'rule.set',
  'DELETE /v1/rules/:name': 'rule.remove',
  'POST /v1/escalation-policies': 'escalation.add',
  'PATCH /v1/escalation-policies/:name': 'escalation.set',
  'DELETE /v1/escalation-policies/:name': 'escalation.remove',
  'POST /v1/subscribers': 'subscriber.add',
  'POST /v1/subscribers/import': 'subscriber.import',
  'PATCH /v1/subscribers/:id': 'subscriber.set',
  'DELETE /v1/subscribers/:id': 'subscriber.remove',
  'PUT /v1/subscribers/:id/preferences': 'preferences.set',
  'POST /v1/apply': 'resources.apply',
  'DELETE /v1/resources/:kind/:name': 'resources.apply',
  'POST /v1/admin/tenants': 'tenant.add',
  'PATCH /v1/admin/tenants/:slug': 'tenant.set',
  'DELETE /v1/admin/tenants/:slug': 'tenant.remove',
  'POST /v1/admin/keys': 'key.add',
  'PATCH /v1/admin/keys/:id': 'key.set',
  'POST /v1/admin/keys/:id/rotate': 'key.rotate',
  'DELETE /v1/admin/keys/:id': 'key.revoke',
  'POST /v1/users': 'user.add',
  'PATCH /v1/users/:id': 'user.set',
  'POST /v1/users/:id/reset': 'user.reset',
  'DELETE /v1/users/:id': 'user.remove',
  'POST /v1/admin/feedback/import': 'feedback.import',
  'POST /v1/admin/providers': 'provider.add',
  'PATCH /v1/admin/providers/:name': 'provider.set',
  'DELETE /v1/admin/providers/:name': 'provider.remove',
  'POST /v1/admin/providers/:name/test': 'provider.test',
  'POST /v1/admin/doctor': 'doctor.run',
  'POST /v1/admin/queue/flush': 'queue.flush',
  'POST /v1/admin/queue/pause': 'queue.pause',
  'POST /v1/admin/queue/resume': 'queue.resume',
};
const mail = [
  ...['POST /v1/messages', 'POST /v1/messages/batch', 'POST /v1/messages/raw', 'POST /v1/messages/retry'],
  'POST /v1/messages/cancel',
  ...['POST /v1/messages/:id/retry', 'POST /v1/messages/:id/cancel', 'POST /v1/messages/:id/reschedule'],
  ...['POST /api/v1/notifications', 'POST /internal/notifications'],
  'POST /v1/events',
  ...['POST /v1/notifications', 'POST /v1/notifications/:id/acknowledge'],
  // Changes nothing, and only shows.
  'POST /v1/triggers/:name/test',
  // Changes nothing here, and may elsewhere: who may send may ask for it.
  'POST /v1/messages/:id/links/check',
  // Previews change nothing anywhere.
  ...['POST /v1/templates/preview', 'POST /v1/templates/:name/preview', 'POST /v1/templates/check'],
];

test('every route is an action, or reads, or is mail', () => {
  const changing = routes.map(({ route }) => route).filter((route) => !route.startsWith('GET '));
  expect(changing.toSorted()).toEqual([...Object.keys(actions), ...mail].toSorted());
});

test.each(routes)('$route is in the audit log by its name, where it has one', async ({ route, init }) => {
  const { body: before } = await server.call('GET', '/v1/admin/audit?limit=1', { key: 'operator' });
  await ask(route, { ...init, key: 'operator', headers: { ...init.headers, 'x-iep-tenant': 'acme' } });
  const { body: after } = await server.call('GET', '/v1/admin/audit?limit=1', { key: 'operator' });
  const action = actions[route];
  if (action === undefined) return expect(after.items).toEqual(before.items);
  expect(after.items).not.toEqual(before.items);
  expect(after.items).toMatchObject([{ action, ...(!/\/(admin|users|worker)\b/.test(route) && { tenant: 'acme' }) }]);
});

test.each(publicRoutes)('%s asks for none', async (route) => {
  expect((await ask(route, {})).status).toBe(200);
});

describe('another tenant', () => {
  const notThere = '019cf5b2-6a00-7000-8000-000000000001';
  const strip = (body: Record<string, unknown>) => JSON.stringify({ ...body, requestId: '' });

  test.each([
    'GET /v1/messages/:id',
    'GET /v1/messages/:id/events',
    'GET /v1/messages/:id/content',
    'GET /v1/messages/:id/raw',
    'GET /v1/messages/:id/attachments/:n',
    'GET /v1/messages/:id/view',
    'GET /v1/messages/:id/preview',
    'POST /v1/messages/:id/links/check',
    'POST /v1/messages/:id/retry',
    'POST /v1/messages/:id/cancel',
  ])('%s answers as for a message that does not exist', async (route) => {
    const theirs = await ask(route, { key: 'rival', id: messageId });
    const nobodys = await ask(route, { key: 'rival', id: notThere });
    expect(theirs.status).toBe(404);
    expect(strip(theirs.body)).toBe(strip(nobodys.body));
    expect((await server.call('GET', `/v1/messages/${messageId}`, { key: 'read' })).body.status).toBe('queued');
  });

  test.each([
    ['DELETE /v1/suppressions/:email', 'gone@example.org'],
    ['DELETE /v1/unsubscribes/:email', 'gone@example.org'],
    ['DELETE /v1/domains/:domain', 'acme.example'],
  ])('%s cannot take away what is not its own', async (route, id) => {
    expect((await ask(route, { key: 'rival', id })).status).toBe(404);
    const { body } = await server.call('GET', '/v1/suppressions', { key: 'read' });
    expect(JSON.stringify(body)).toContain('gone@example.org');
    expect(JSON.stringify((await server.call('GET', '/v1/domains', { key: 'admin' })).body)).toContain('acme.example');
  });

  test.each(['/v1/messages', '/v1/messages?groupId=shared', '/v1/suppressions', '/v1/unsubscribes', '/v1/domains'])(
    'sees nothing of it in GET %s',
    async (path) => {
      const { status, body } = await server.call('GET', path, { key: 'rival' });
      expect(status).toBe(200);
      expect(body.items).toEqual([]);
    },
  );

  test('exports, counts and retries nothing of it', async () => {
    expect((await server.call('GET', '/v1/suppressions/export', { key: 'rival' })).text).not.toContain('gone@');
    expect((await server.call('GET', '/v1/stats', { key: 'rival' })).body.total).toBe(0);
    const { body } = await server.call('POST', '/v1/messages/retry', { key: 'rival', json: { groupId: 'shared' } });
    expect(body).toEqual({ matched: 0, retried: 0, messageIds: [], cursor: null });
    const cancelled = await server.call('POST', '/v1/messages/cancel', { key: 'rival', json: { groupId: 'shared' } });
    expect(cancelled.body).toEqual({ matched: 0, cancelled: 0, messageIds: [], cursor: null });
    const file = (key: 'rival' | 'read') => server.call('GET', '/v1/messages/export', { key });
    expect((await file('rival')).text.trim().split('\r\n')).toHaveLength(1);
    expect((await file('read')).text).toContain(messageId);
    expect((await server.call('GET', '/v1/analytics?by=tenant', { key: 'rival' })).body.items).toEqual([]);
  });

  test('may use the same idempotency key, and is not held to its suppressions and sender domains', async () => {
    const json = { ...submission, idempotencyKey: 'shared', to: ['gone@example.org'], from: 'a@elsewhere.example' };
    const { status, body } = await server.call('POST', '/v1/messages', { key: 'rival', json });
    expect(status).toBe(202);
    expect(body.messageId).not.toBe(messageId);
    expect(body.suppressedRecipients).toEqual([]);
  });

  test.each(['acme', 'nobody'])('cannot speak for %s by header, and learns nothing from the answer', async (slug) => {
    const { status, body } = await server.call('GET', '/v1/messages', {
      key: 'rival',
      headers: { 'x-iep-tenant': slug },
    });
    expect(status).toBe(403);
    expect(body.detail).not.toContain(slug);
  });

  test('no tenant’s key reaches the keys', async () => {
    expect((await ask('DELETE /v1/admin/keys/:id', { key: 'rival', id: keyId })).status).toBe(403);
    expect((await ask('POST /v1/admin/keys/:id/rotate', { key: 'all', id: keyId })).status).toBe(403);
  });
});

describe('the operator', () => {
  test('names the tenant it acts for', async () => {
    const headers = { 'x-iep-tenant': 'acme' };
    const { status, body } = await server.call('GET', `/v1/messages/${messageId}`, { key: 'operator', headers });
    expect(status).toBe(200);
    expect(body.messageId).toBe(messageId);
    const wrong = await server.call('GET', `/v1/messages/${messageId}`, {
      key: 'operator',
      headers: { 'x-iep-tenant': 'rival' },
    });
    expect(wrong.status).toBe(404);
  });

  test('is asked which one, where there are several, and told when there is none of that name', async () => {
    const { status, body } = await server.call('GET', '/v1/suppressions/export', { key: 'operator' });
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'tenant_required' });
    const headers = { 'x-iep-tenant': 'nobody' };
    expect((await server.call('GET', '/v1/messages', { key: 'operator', headers })).status).toBe(404);
  });

  test('counts everyone’s messages where it names none', async () => {
    const { body } = await server.call('GET', '/v1/stats', { key: 'operator' });
    const acme = await server.call('GET', '/v1/stats', { key: 'read' });
    const rival = await server.call('GET', '/v1/stats', { key: 'rival' });
    expect(body.total).toBe(Number(acme.body.total) + Number(rival.body.total));
  });

  test('may leave the name out while there is one tenant, or none of it in process', async () => {
    const own = await startServer({ trustLocal: true });
    await own.store.tenants.remove({ tenantId: own.tenants.rival.id, force: true, now: 1 });
    own.deps.directory.forget();
    const { status, body } = await own.call('POST', '/v1/messages', { json: submission });
    expect(status).toBe(202);
    const shown = await own.call('GET', `/v1/messages/${body.messageId}`);
    expect(shown.body.door).toBe('cli');
    await own.store.tenants.remove({ tenantId: own.tenants.acme.id, force: true, now: 1 });
    own.deps.directory.forget();
    expect((await own.call('GET', '/v1/suppressions/export')).body).toMatchObject({ code: 'tenant_required' });
    await own.close();
  });

  test('sends nothing for an inactive tenant', async () => {
    const own = await startServer();
    await own.call('PATCH', '/v1/admin/tenants/acme', { key: 'operator', json: { active: false } });
    const headers = { 'x-iep-tenant': 'acme' };
    const asOperator = await own.call('POST', '/v1/messages', { key: 'operator', headers, json: submission });
    expect(asOperator).toMatchObject({ status: 403, body: { code: 'tenant_inactive' } });
    const asTenant = await own.call('POST', '/v1/messages', { key: 'send', json: submission });
    expect(asTenant).toMatchObject({ status: 403, body: { code: 'tenant_inactive' } });
    await own.close();
  });
});
