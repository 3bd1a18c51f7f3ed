/** Notifications over HTTP: asked for once, shown with why, acknowledged, cancelled; and nothing of another tenant's. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EscalationPolicySpec } from '../core/notification.ts';
import { type CallInit, startServer, type TestServer } from '../http/http.testing.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
  const { acme } = server.tenants;
  const settings = { defaultFrom: { email: 'noreply@acme.example' } };
  await server.store.tenants.set({ tenantId: acme.id, now: 1, settings });
  server.deps.directory.forget();
  await addType('job.failed', { category: 'ops' });
  await addType('report', { digest: { every: 'daily' } });
});
afterEach(() => server.close());

const call = (method: string, path: string, json?: unknown, more: CallInit = {}) =>
  server.call(method, path, { key: 'all', ...(json !== undefined && { json }), ...more });
const addType = async (name: string, more: object) => {
  const { status, text } = await call('POST', '/v1/notification-types', { name, ...more });
  if (status !== 201) throw new Error(text);
};
const job = { type: 'job.failed', to: [{ email: 'Jo <jo@example.org>' }], data: { job: 'backup' } };
const notify = (more: object = {}, init: CallInit = {}) => call('POST', '/v1/notifications', { ...job, ...more }, init);

it('makes mail of what goes at once, and says what waits until when', async () => {
  const { status, body } = await notify();
  expect(status).toBe(202);
  expect(body.deliveries).toEqual([
    { subscriber: null, email: 'jo@example.org', channelName: null, channel: 'email', status: 'pending' },
  ]);
  const { body: shown } = await call('GET', `/v1/notifications/${body.notificationId}`);
  expect(shown).toMatchObject({
    ...{ type: 'job.failed', category: 'ops', data: { job: 'backup' }, counts: { pending: 1 } },
    deliveries: [{ status: 'pending', messageId: expect.stringMatching(/^[0-9a-f-]{36}$/), step: 0 }],
    timeline: [
      { text: 'asked for' },
      { text: expect.stringMatching(/^jo@example.org by email: goes now, as message /) },
    ],
  });
  const [delivery] = shown.deliveries as { messageId: string }[];
  const { body: message } = await call('GET', `/v1/messages/${delivery?.messageId}`);
  expect(message).toMatchObject({ subject: 'Job failed: backup', category: 'ops' });
  const held = await notify({ type: 'report' });
  expect(held.body.deliveries).toMatchObject([
    { status: 'held', reason: 'digest', until: expect.stringMatching(/T09:00:00/) },
  ]);
});

it('is told once for one idempotency key', async () => {
  const first = await notify({ idempotencyKey: 'k' });
  const again = await notify({}, { headers: { 'idempotency-key': 'k' } });
  expect(again.body).toEqual(first.body);
  const nested = { job: 'backup', of: { host: 'a', disk: 1 } };
  const spelled = await notify({ idempotencyKey: 'n', data: nested, actor: { id: 1, name: 'Jo' } });
  const otherwise = { of: { disk: 1, host: 'a' }, job: 'backup' };
  const same = await notify({ idempotencyKey: 'n', data: otherwise, actor: { name: 'Jo', id: 1 } });
  expect(same.body).toEqual(spelled.body);
  const other = await notify({ idempotencyKey: 'k', data: {} });
  expect([other.status, other.body.code]).toEqual([409, 'idempotency_key_reused']);
  expect(other.body.notificationId).toBe(first.body.notificationId);
  const many = await Promise.all(Array.from({ length: 10 }, () => notify({ idempotencyKey: 'many' })));
  expect(new Set(many.map(({ body }) => body.notificationId)).size).toBe(1);
  expect((await call('GET', '/v1/messages')).body.items).toHaveLength(3);
});

it.each([
  ['an unknown type', { type: 'nothing' }, 'type'],
  ['nobody', { to: [] }, 'to'],
  ['no address', { to: [{ email: 'jo' }] }, 'to.0.email'],
  ['two in one', { to: [{ email: 'a@x.example', topic: 't' }] }, 'to.0'],
  ['an unknown channel', { to: [{ channel: 'ops' }] }, 'to.0.channel'],
  ['an unknown topic', { to: [{ topic: 'ops' }] }, 'to.0.topic'],
  ['too much data', { data: { text: 'x'.repeat(300_000) } }, 'data'],
])('refuses %s', async (_, more, path) => {
  const { status, body } = await notify(more);
  expect(status).toBe(400);
  expect(body.errors).toMatchObject([{ path }]);
});

it.each([
  ['a type that no mail may carry', { contentType: 'application/x-msdownload' }, 400, 'attachment_type_not_allowed'],
  ['more than mail may carry', { content: Buffer.alloc(101).toString('base64') }, 413, 'message_too_large'],
  ['a type of several parts', { contentType: 'multipart/mixed' }, 400, 'invalid_request'],
])('refuses files of %s as messages do, and keeps nothing', async (_, more, refusal, code) => {
  const settings = { defaultFrom: { email: 'noreply@acme.example' }, maxAttachmentBytes: 100 };
  await server.store.tenants.set({ tenantId: server.tenants.acme.id, now: 2, settings });
  server.deps.directory.forget();
  const attachments = [{ filename: 'a.txt', contentType: 'text/plain', content: 'aGk=', ...more }];
  const { status, body } = await notify({ attachments });
  expect([status, body.code]).toEqual([refusal, code]);
  expect((body.errors as { path: string }[])[0]?.path).toMatch(/^attachments\.0/);
  expect((await call('GET', '/v1/notifications')).body.items).toEqual([]);
});

it('lists, cancels and deletes, and shows nothing to another tenant', async () => {
  const { body: first } = await notify();
  const { body: second } = await notify({
    type: 'report',
    to: [{ subscriber: 'nobody' }, { email: 'al@example.org' }],
  });
  const ids = async (query: string) =>
    ((await call('GET', `/v1/notifications?${query}`)).body.items as { notificationId: string }[]).map(
      ({ notificationId }) => notificationId,
    );
  expect(await ids('')).toEqual([second.notificationId, first.notificationId]);
  expect(await ids('status=held')).toEqual([second.notificationId]);
  expect(await ids('escalating=true')).toEqual([]);
  expect(await ids('escalating=false&status=held')).toEqual([second.notificationId]);
  expect(await ids('type=job.failed&q=backup')).toEqual([first.notificationId]);
  expect(await ids('from=2020-01-01&to=2020-01-02')).toEqual([]);
  const path = `/v1/notifications/${second.notificationId}`;
  for (const [method, suffix] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/acknowledge'],
  ] as const) {
    expect((await call(method, path + suffix, undefined, { key: 'rival' })).status).toBe(404);
  }
  expect((await call('GET', '/v1/notifications', undefined, { key: 'rival' })).body.items).toEqual([]);
  expect((await call('DELETE', path)).body).toEqual({ outcome: 'cancelled' });
  expect((await call('GET', path)).body).toMatchObject({ counts: { cancelled: 1, skipped: 1 } });
  expect((await call('DELETE', path)).body).toEqual({ outcome: 'deleted' });
  expect((await call('GET', path)).status).toBe(404);
  expect((await call('DELETE', `/v1/notifications/${first.notificationId}`)).body).toEqual({ outcome: 'cancelled' });
  expect((await call('GET', '/v1/messages?status=cancelled')).body.items).toHaveLength(1);
});

it('is acknowledged by the first who does', async () => {
  const { body } = await notify();
  const path = `/v1/notifications/${body.notificationId}/acknowledge`;
  expect((await call('POST', path, { by: 'Jo\r\nAl' })).status).toBe(400);
  expect((await call('POST', path, { by: 'Jo' })).body).toMatchObject({ acknowledgedBy: 'Jo', isNew: true });
  expect((await call('POST', path)).body).toMatchObject({ acknowledgedBy: 'Jo', isNew: false });
});

it('is made of an event that fits a rule, once, and escalates until another event ends it', async () => {
  const add = async (path: string, json: object) => {
    const { status, text } = await call('POST', path, json);
    if (status !== 201) throw new Error(text);
  };
  await addType('disk.full', { group: { by: 'data.host', windowMinutes: 1 } });
  const steps = [
    { afterMinutes: 0, to: [{ email: 'first@example.org' }] },
    { afterMinutes: 15, to: [{ email: 'second@example.org' }, { topic: 'operators' }] },
  ];
  await add('/v1/topics', { name: 'operators' });
  await add('/v1/escalation-policies', { name: 'on-call', steps, resolveOn: 'disk.ok' });
  const when = { path: 'data.free', op: 'lt', value: 5 };
  await add('/v1/rules', {
    name: 'full',
    on: 'disk.*',
    when,
    type: 'disk.full',
    escalation: 'on-call',
    severity: 'high',
  });
  await add('/v1/rules', { name: 'owner', on: 'disk.full', type: 'job.failed', to: [{ email: '{{data.owner}}' }] });
  const event = { type: 'disk.full', id: 'e1', data: { host: 'db-1', free: 2, owner: 'own@example.org' } };
  const { body } = await call('POST', '/v1/events', event);
  expect(body.notified).toMatchObject([{ rule: 'full' }, { rule: 'owner' }]);
  expect((await call('POST', '/v1/events', event)).body).toEqual({ ...body, duplicate: true });
  expect((await call('GET', '/v1/messages')).body.items).toMatchObject([
    { to: ['own@example.org'] },
    { to: ['first@example.org'] },
  ]);
  const [full] = body.notified as { notificationId: string }[];
  const shown = async () => (await call('GET', `/v1/notifications/${full?.notificationId}`)).body;
  expect(await shown()).toMatchObject({
    ...{ rule: 'full', escalation: 'on-call', data: { severity: 'high', host: 'db-1' }, acknowledgedAt: null },
    deliveries: [{ email: 'first@example.org', step: 1 }],
  });
  const ahead = 'step 2 tells second@example.org, the topic operators, unless somebody acknowledges before';
  const lastLine = async () => ((await shown()).timeline as { at: string; text: string }[]).at(-1);
  const started = Date.parse((await shown()).createdAt as string);
  expect(await lastLine()).toEqual({ at: new Date(started + 15 * 60_000).toISOString(), text: ahead });
  expect(await server.store.notifications.pending()).toBe(1);
  await call('POST', '/v1/events', { type: 'disk.ok', data: { host: 'db-2' } });
  expect(await shown()).toMatchObject({ acknowledgedAt: null });
  const ok = { type: 'disk.ok', id: 'ok-1', data: { host: 'db-1' } };
  const ended = await call('POST', '/v1/events', ok);
  expect(ended.body).toMatchObject({ acknowledged: [full?.notificationId], skipped: [] });
  expect((await call('POST', '/v1/events', ok)).body).toEqual({ ...ended.body, duplicate: true });
  expect(await shown()).toMatchObject({ acknowledgedBy: 'the event disk.ok' });
  expect((await lastLine())?.text).toBe('acknowledged by the event disk.ok: no further step is taken');
  expect(await server.store.notifications.pending()).toBe(0);
  const without = await call('POST', '/v1/events', { type: 'disk.full', data: { free: 9 } });
  expect(without.body).toMatchObject({ skipped: [{ rule: 'owner', reason: expect.stringContaining('data.owner') }] });
});

it('fills the placeholders of all steps of an escalation from the event that began it', async () => {
  await addType('disk.full', { category: 'ops' });
  const steps = [
    { afterMinutes: 0, to: [{ email: '{{data.owner}}' }, { email: '{{data.deputy}}' }] },
    { afterMinutes: 5, to: [{ subscriber: '{{data.nobody}}' }] },
    { afterMinutes: 15, to: [{ email: 'lead-of-{{data.team}}@example.org' }, { topic: '{{data.team}}' }] },
  ];
  expect((await call('POST', '/v1/escalation-policies', { name: 'owner-first', steps })).status).toBe(201);
  await call('POST', '/v1/rules', { name: 'full', on: 'disk.*', type: 'disk.full', escalation: 'owner-first' });
  const data = { owner: 'own@example.org', team: 'db' };
  const { body } = await call('POST', '/v1/events', { type: 'disk.full', data });
  expect(body.skipped).toEqual([
    { rule: 'full', reason: '{{data.deputy}} names nothing to write to' },
    { rule: 'full', reason: '{{data.nobody}} names nothing to write to' },
    { rule: 'full', reason: 'no topic is called db' },
  ]);
  const [{ notificationId } = { notificationId: '' }] = body.notified as { notificationId: string }[];
  const { body: shown } = await call('GET', `/v1/notifications/${notificationId}`);
  expect(shown.deliveries).toMatchObject([{ email: 'own@example.org', step: 1, status: 'pending' }]);
  expect((shown.timeline as { text: string }[]).at(-1)?.text).toMatch(/^step 2 tells nobody, unless/);
  const stored = await server.store.notifications.get({ tenantId: server.tenants.acme.id, id: notificationId });
  const state = stored?.escalation as unknown as EscalationPolicySpec | undefined;
  expect(state?.steps[2]?.to).toEqual([{ email: 'lead-of-db@example.org' }, { topic: 'db' }]);
  const none = await call('POST', '/v1/events', { type: 'disk.full', data: {} });
  expect([none.body.notified ?? [], (none.body.skipped as object[]).length]).toEqual([[], 5]);
});

it('tells the others where a rule names somebody whom the event does not know', async () => {
  const to = [{ subscriber: '{{data.owner}}' }, { email: '{{data.mail}}' }, { subscriber: 'u17' }];
  await call('POST', '/v1/rules', { name: 'owners', on: 'job.failed', type: 'job.failed', to });
  await call('POST', '/v1/subscribers', { id: 'u17', email: 'u17@example.org' });
  const { body } = await call('POST', '/v1/events', {
    type: 'job.failed',
    data: { mail: ['nowhere', 'al@example.org'] },
  });
  expect(body.skipped).toEqual([
    { rule: 'owners', reason: '{{data.owner}} names nothing to write to' },
    { rule: 'owners', reason: 'nowhere is not an address' },
  ]);
  const [made] = body.notified as { notificationId: string }[];
  const { body: shown } = await call('GET', `/v1/notifications/${made?.notificationId}`);
  expect(shown.counts).toEqual({ pending: 2 });
});

it('tells the others where a rule or a step names a channel or a topic that is not there, and says so', async () => {
  const to = [{ channel: 'nowhere' }, { topic: 'nobodys' }, { topic: '{{data.team}}' }, { email: 'al@example.org' }];
  await call('POST', '/v1/rules', { name: 'lost', on: 'job.failed', type: 'job.failed', to });
  await call('POST', '/v1/topics', { name: 'db' });
  const { body } = await call('POST', '/v1/events', { type: 'job.failed', data: { team: 'db' } });
  expect(body.skipped).toEqual([
    { rule: 'lost', reason: 'no channel is called nowhere' },
    { rule: 'lost', reason: 'no topic is called nobodys' },
  ]);
  const [made] = body.notified as { notificationId: string }[];
  const { body: shown } = await call('GET', `/v1/notifications/${made?.notificationId}`);
  expect(shown.counts).toMatchObject({ pending: 1 });
  const steps = [
    { afterMinutes: 0, to: [{ email: 'al@example.org' }] },
    { afterMinutes: 5, to: [{ topic: 'nobodys' }] },
  ];
  await call('POST', '/v1/escalation-policies', { name: 'up', steps });
  await call('POST', '/v1/rules', { name: 'climbs', on: 'disk.full', type: 'job.failed', escalation: 'up' });
  const climbed = await call('POST', '/v1/events', { type: 'disk.full' });
  expect(climbed.body.skipped).toEqual([{ rule: 'climbs', reason: 'no topic is called nobodys' }]);
});

it('is made once of an event that comes many times at once, whatever else is decided', async () => {
  await call('POST', '/v1/rules', { name: 'daily', on: 'job.*', type: 'report', to: [{ email: 'jo@example.org' }] });
  const tell = (id: string) => call('POST', '/v1/events', { type: 'job.done', id });
  const all = await Promise.all(Array.from({ length: 30 }, (_, n) => tell(`e${n % 10}`)));
  const made = all.flatMap(({ body }) => body.notified as { notificationId: string }[]);
  expect(new Set(made.map(({ notificationId }) => notificationId)).size).toBe(10);
  expect((await call('GET', '/v1/notifications')).body.items).toHaveLength(10);
});

it('posts to a channel of the tenant by its name', async () => {
  const channel = { name: 'ops', type: 'webhook', url: 'http://127.0.0.1:9/in' };
  expect((await call('POST', '/v1/channels', channel)).status).toBe(201);
  const { body } = await notify({ to: [{ channel: 'ops' }] });
  expect(body.deliveries).toMatchObject([{ channelName: 'ops', channel: 'webhook', status: 'pending' }]);
  expect(await server.store.notifications.pending()).toBe(1);
});

it('reaches subscribers by the channels that they have, as they prefer, and all of a topic', async () => {
  await addType('outage', { category: 'ops', channels: ['email', 'webhook', 'slack'] });
  const add = async (id: string, more: object) => {
    const { status, text } = await call('POST', '/v1/subscribers', { id, email: `${id}@example.org`, ...more });
    if (status !== 201) throw new Error(text);
  };
  await add('jo', {
    topics: ['all'],
    channels: { webhook: { url: 'http://127.0.0.1:9/jo' }, slack: { channel: '#jo' } },
  });
  await add('al', { topics: ['all'] });
  const bot = { name: 'bot', type: 'slack', token: 'xoxb-0123456789', channel: '#all' };
  expect((await call('POST', '/v1/channels', bot)).status).toBe(201);
  const off = { categories: { ops: { enabled: true, channels: { email: false } } }, types: {} };
  expect((await call('PUT', '/v1/subscribers/jo/preferences', off)).status).toBe(200);
  const { body } = await notify({ type: 'outage', to: [{ topic: 'all' }] });
  const fates = (body.deliveries as Record<string, string>[]).map((one) =>
    [one.subscriber, one.channel, one.status, one.reason].filter(Boolean).join(' '),
  );
  expect(fates.toSorted()).toEqual([
    ...['al email pending', 'al slack skipped no_address', 'al webhook skipped no_address'],
    ...['jo email skipped preference', 'jo slack pending', 'jo webhook pending'],
  ]);
});

it('are listed of all tenants for an operator alone', async () => {
  await notify();
  const init = { key: 'rival' };
  const types = await call('POST', '/v1/notification-types', { name: 'job.failed' }, init);
  expect(types.status).toBe(201);
  await notify({ to: [{ email: 'al@example.org' }] }, init);
  const tenantsOf = async (key: string, query = '') =>
    ((await call('GET', `/v1/notifications${query}`, undefined, { key })).body.items as { tenant: string }[]).map(
      ({ tenant }) => tenant,
    );
  expect(await tenantsOf('all')).toEqual(['acme']);
  expect(await tenantsOf('rival')).toEqual(['rival']);
  expect(await tenantsOf('operator')).toEqual(['rival', 'acme']);
  for (const filter of ['channel=email', 'q=example.org', 'type=job.failed', 'escalating=false']) {
    expect(await tenantsOf('operator', `?${filter}`)).toEqual(['rival', 'acme']);
  }
  expect(await tenantsOf('operator', '?status=pending')).toContain('acme');
  expect(await tenantsOf('operator', '?q=al@')).toEqual(['rival']);
  expect(await tenantsOf('operator', '?escalating=true')).toEqual([]);
  const { body } = await call('GET', '/v1/notifications?limit=1', undefined, { key: 'operator' });
  expect(await tenantsOf('operator', `?limit=1&cursor=${body.cursor}`)).toEqual(['acme']);
});

it('pages through the deliveries of one, of this tenant alone', async () => {
  const to = Array.from({ length: 5 }, (_, n) => ({ email: `u${n}@example.org` }));
  const { body: told } = await notify({ to });
  const path = `/v1/notifications/${told.notificationId}/deliveries`;
  const page = async (cursor = '') =>
    (await call('GET', `${path}?limit=2${cursor && `&cursor=${cursor}`}`)).body as {
      items: { email: string }[];
      cursor: string | null;
    };
  const first = await page();
  const second = await page(first.cursor ?? '');
  const third = await page(second.cursor ?? '');
  const all = [first, second, third].flatMap(({ items }) => items.map(({ email }) => email));
  expect(all).toEqual(to.map(({ email }) => email));
  expect([first.items[0], third.cursor]).toMatchObject([{ status: 'pending', step: 0 }, null]);
  const one = (await call('GET', `/v1/notifications/${told.notificationId}`)).body.deliveries;
  expect((await call('GET', path)).body).toEqual({ items: one, cursor: null });
  expect((await call('GET', `${path}?cursor=x`)).status).toBe(400);
  expect((await call('GET', path, undefined, { key: 'rival' })).status).toBe(404);
  expect((await call('GET', '/v1/notifications/nothing/deliveries')).status).toBe(404);
});
