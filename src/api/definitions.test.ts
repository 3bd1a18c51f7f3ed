/** Topics, notification types, rules and escalation policies over HTTP: what they take, refuse, answer and keep apart. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../http/http.testing.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const call = (method: string, path: string, json?: object, key = 'admin') =>
  server.call(method, `/v1/${path}`, { key, ...(json && { json }) });
const pathsOf = (body: Record<string, unknown>) => (body.errors as { path: string }[]).map(({ path }) => path);

describe('notification types', () => {
  const jobFailed = {
    ...{ name: 'job.failed', category: 'jobs', channels: ['email', 'slack'] },
    templates: { email: 'job-failed', slack: 'job-failed-chat' },
    digest: { every: { minutes: 60 }, at: '09:00', template: 'job-digest' },
    group: { by: 'data.jobId', windowMinutes: 10 },
    rateLimit: { count: 5, windowMinutes: 60 },
  };

  it('are added, shown, changed and removed', async () => {
    const made = await call('POST', 'notification-types', jobFailed);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ ...jobFailed, tenant: 'acme', critical: false, unsubscribable: true });
    expect((await call('POST', 'notification-types', jobFailed)).status).toBe(409);
    const changes = { critical: true, digest: null, channels: ['email', 'email'] };
    const { body } = await call('PATCH', 'notification-types/job.failed', changes);
    expect(body).toMatchObject({ critical: true, digest: null, channels: ['email'], group: jobFailed.group });
    const { digest: _, ...left } = jobFailed;
    const shown = await call('GET', 'notification-types/job.failed', undefined, 'read');
    expect(shown.body).toMatchObject({ ...left, critical: true, digest: null, channels: ['email'] });
    const { body: all } = await call('GET', 'notification-types', undefined, 'read');
    expect(all.items).toEqual([shown.body]);
    expect((await call('DELETE', 'notification-types/job.failed')).status).toBe(204);
    for (const method of ['GET', 'DELETE'])
      expect((await call(method, 'notification-types/job.failed')).status).toBe(404);
  });

  it('have defaults', async () => {
    const { body } = await call('POST', 'notification-types', { name: 'plain' });
    const { tenant: _, createdAt: _c, updatedAt: _u, ...rest } = body;
    expect(rest).toEqual({
      ...{ name: 'plain', category: 'general', critical: false, channels: ['email'], templates: {} },
      ...{ digest: null, group: null, rateLimit: null, unsubscribable: true },
    });
  });

  it.each([
    [{ name: 'No Name' }, 'name'],
    [{ category: 'jobs\r\nmore' }, 'category'],
    [{ channels: ['fax'] }, 'channels.0'],
    [{ channels: [] }, 'channels'],
    [{ templates: { sms: 'x' } }, 'templates.sms'],
    [{ digest: { every: 'yearly' } }, 'digest.every'],
    [{ digest: { every: { minutes: 0 } } }, 'digest.every.minutes'],
    [{ digest: { every: 'daily', at: '24:00' } }, 'digest.at'],
    [{ digest: { at: '09:00' } }, 'digest.every'],
    [{ group: { by: 'data jobId', windowMinutes: 1 } }, 'group.by'],
    [{ group: { by: 'data.jobId', windowMinutes: 1.5 } }, 'group.windowMinutes'],
    [{ rateLimit: { count: 0, windowMinutes: 1 } }, 'rateLimit.count'],
    [{ categry: 'x' }, 'categry'],
  ])('%j is refused', async (fields, path) => {
    const { status, body } = await call('POST', 'notification-types', { name: 'refused', ...fields });
    expect({ status, paths: pathsOf(body) }).toEqual({ status: 400, paths: [path] });
  });

  it('say which minutes a digest may have', async () => {
    const digest = { every: { minutes: 1.5 } };
    const yearly = await call('POST', 'notification-types', { name: 'yearly', digest: { every: 'yearly' } });
    const message = 'must be "hourly", "daily", "weekly" or such as {"minutes": 60}';
    expect(yearly.body.errors).toEqual([{ path: 'digest.every', message }]);
    const { body } = await call('POST', 'notification-types', { name: 'refused', digest });
    expect(body.errors).toEqual([{ path: 'digest.every.minutes', message: 'must be whole minutes from 1' }]);
  });

  it('are not changed by what would be refused', async () => {
    await call('POST', 'notification-types', { name: 'kept', digest: { every: 'daily' } });
    const { status, body } = await call('PATCH', 'notification-types/kept', { critical: true, digest: { at: '1' } });
    expect({ status, paths: pathsOf(body) }).toEqual({ status: 400, paths: ['digest.every', 'digest.at'] });
    expect((await call('GET', 'notification-types/kept')).body).toMatchObject({ critical: false });
  });
});

describe('rules', () => {
  const jobs = {
    name: 'jobs',
    on: 'job.*',
    type: 'job.failed',
    to: [{ subscriber: '{{data.userId}}' }, { topic: 'ops' }],
  };

  it('are added, shown, changed and removed', async () => {
    const when = { path: 'data.tries', op: 'gt', value: 3 };
    const made = await call('POST', 'rules', { ...jobs, when, severity: 'high' });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ ...jobs, when, severity: 'high', escalation: null, active: true });
    const { body } = await call('PATCH', 'rules/jobs', { to: null, escalation: 'on-call', active: false, when: null });
    expect(body).toMatchObject({ to: null, escalation: 'on-call', active: false, when: null, on: 'job.*' });
    expect((await call('DELETE', 'rules/jobs')).status).toBe(204);
  });

  it.each([
    [{ on: 'job*x' }, 'on'],
    [{ type: undefined }, 'type'],
    [{ to: undefined }, 'to'],
    [{ to: [] }, 'to'],
    [{ to: [{}] }, 'to.0'],
    [{ to: [{ subscriber: 'a', topic: 'b' }] }, 'to.0'],
    [{ to: [{ user: 'a' }] }, 'to.0.user'],
    [{ when: { path: 'a', op: 'like' } }, 'when.op'],
  ])('%j is refused', async (fields, path) => {
    const { status, body } = await call('POST', 'rules', { ...jobs, ...fields });
    expect({ status, path: pathsOf(body)[0] }).toEqual({ status: 400, path });
  });
});

describe('escalation policies', () => {
  const onCall = {
    ...{ name: 'on-call', repeat: 2, resolveOn: 'job.recovered' },
    steps: [
      { afterMinutes: 0, to: [{ subscriber: 'jo' }], channels: ['slack'] },
      { afterMinutes: 15, to: [{ subscriber: 'lead' }, { email: 'ops@example.org' }] },
    ],
  };

  it('are added, shown, changed and removed', async () => {
    const made = await call('POST', 'escalation-policies', onCall);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ ...onCall, tenant: 'acme' });
    const { body } = await call('PATCH', 'escalation-policies/on-call', { repeat: null, resolveOn: null });
    expect(body).toMatchObject({ repeat: 0, resolveOn: null, steps: onCall.steps });
    expect((await call('DELETE', 'escalation-policies/on-call')).status).toBe(204);
  });

  it.each([
    [{ steps: [] }, 'steps'],
    [{ steps: [{ afterMinutes: -1, to: [{ topic: 'a' }] }] }, 'steps.0.afterMinutes'],
    [{ steps: [{ afterMinutes: 0.5, to: [{ topic: 'a' }] }] }, 'steps.0.afterMinutes'],
    [{ steps: [{ afterMinutes: 0 }] }, 'steps.0.to'],
    [{ steps: [{ afterMinutes: 0, to: [{ topic: 'a' }], channels: ['fax'] }] }, 'steps.0.channels.0'],
    [{ repeat: -1 }, 'repeat'],
  ])('%j is refused', async (fields, path) => {
    const { status, body } = await call('POST', 'escalation-policies', { ...onCall, ...fields });
    expect({ status, paths: pathsOf(body) }).toEqual({ status: 400, paths: [path] });
  });
});

describe('topics', () => {
  it('are of one tenant alone', async () => {
    await call('POST', 'topics', { name: 'outages', description: 'What is down' });
    expect((await call('GET', 'topics', undefined, 'rival')).body.items).toEqual([]);
    for (const [method, json] of [['GET'], ['PATCH', { description: 'mine' }], ['DELETE']] as const) {
      expect((await call(method, 'topics/outages', json, 'rival')).status).toBe(404);
    }
    expect((await call('POST', 'topics', { name: 'outages' }, 'rival')).status).toBe(201);
    expect((await call('GET', 'topics/outages')).body).toMatchObject({ description: 'What is down', tenant: 'acme' });
    const { body } = await server.call('GET', '/v1/topics', { key: 'operator' });
    expect((body.items as { tenant: string }[]).map(({ tenant }) => tenant)).toEqual(['acme', 'rival']);
  });
});

it('are in the audit log by their names', async () => {
  await call('POST', 'topics', { name: 'audited' });
  await call('PATCH', 'topics/audited', { description: 'now' });
  await call('DELETE', 'topics/audited');
  const { body } = await server.call('GET', '/v1/admin/audit?limit=3', { key: 'operator' });
  expect(
    (body.items as { action: string; target: string }[]).map(({ action, target }) => `${action} ${target}`),
  ).toEqual(['topic.remove audited', 'topic.set audited', 'topic.add audited']);
});

it('are resources of manifests', async () => {
  const manifest = (description: string) => `apiVersion: iep/v1
kind: Topic
metadata: {name: declared}
spec: {description: ${description}}
---
apiVersion: iep/v1
kind: Subscriber
metadata: {name: jo}
spec: {topics: [declared]}
---
apiVersion: iep/v1
kind: Subscriber
metadata: {name: al}
spec: {topics: [], channels: {}}
---
apiVersion: iep/v1
kind: NotificationType
metadata: {name: declared}
spec: {category: jobs, digest: {every: daily}}
`;
  const apply = async (body: string, query = '') =>
    (
      await server.call('POST', `/v1/apply${query}`, {
        key: 'admin',
        body,
        headers: { 'content-type': 'application/yaml' },
      })
    ).body.items as { action: string }[];
  expect((await apply(manifest('one'))).map(({ action }) => action)).toEqual(Array(4).fill('create'));
  expect((await apply(manifest('one'))).map(({ action }) => action)).toEqual(Array(4).fill('unchanged'));
  expect((await apply(manifest('two'))).map(({ action }) => action)).toEqual(['update', ...Array(3).fill('unchanged')]);
  expect((await call('GET', 'topics/declared')).body).toMatchObject({ description: 'two' });
  const { body } = await call('GET', 'resources/notificationtypes/declared');
  expect(body).toMatchObject({ spec: { category: 'jobs', digest: { every: 'daily' } }, metadata: { source: 'apply' } });
  expect((await apply(manifest('two'), '?delete=true')).map(({ action }) => action)).toEqual(Array(4).fill('delete'));
  expect((await call('GET', 'topics/declared')).status).toBe(404);
});
