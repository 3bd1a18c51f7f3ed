/** Seed 004's own interface: its paths, its field names, its worker; each notification is one of the engine. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../../http/http.testing.ts';
import { type Receiver, startReceiver } from '../../webhooks/webhooks.testing.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const settings = { defaultFrom: { email: 'jobs@acme.example', name: 'Jobs' } };
  for (const slug of ['acme', 'rival']) {
    await server.call('PATCH', `/v1/admin/tenants/${slug}`, { key: 'operator', json: { settings } });
  }
});
afterAll(() => server.close());

const call = (method: string, path: string, json?: object, key = 'all') =>
  server.call(method, path, { key, ...(json && { json }) });
const create = (more: object, key?: string) =>
  call(
    'POST',
    '/api/v1/notifications',
    { recipient_email: 'ops@example.org', subject: 'Hello', body: 'All is well', ...more },
    key,
  );
/** The mail that carries a notification. */
async function mailOf(id: unknown, more = '') {
  const { body } = await server.call('GET', `/v1/notifications/${id}`, { key: 'read' });
  const [{ messageId } = {}] = (body.deliveries as { messageId?: string }[]).filter((one) => one.messageId);
  return server.call('GET', `/v1/messages/${messageId}${more}`, { key: 'read' });
}
const pathsOf = (body: Record<string, unknown>) => (body.errors as { path: string }[]).map(({ path }) => path);

describe('notifications', () => {
  it('are made, listed, looked at, cancelled and deleted, in snake_case', async () => {
    const made = await create({ notification_type: 'system_alert', job_run_id: 17 });
    expect(made).toMatchObject({
      status: 201,
      body: {
        ...{ id: expect.any(String), recipient_email: 'ops@example.org', subject: 'Hello', body: 'All is well' },
        ...{ notification_type: 'system_alert', status: 'pending', job_run_id: 17, error_message: null },
        ...{ retry_count: 0, sent_at: null, created_at: expect.stringMatching(/Z$/) },
      },
    });
    expect(Object.keys(made.body).join()).toBe(
      'id,recipient_email,subject,body,notification_type,status,job_run_id,error_message,retry_count,sent_at,created_at',
    );
    await server.send();
    const second = await create({ subject: 'Second' });
    const list = await call('GET', '/api/v1/notifications?limit=1');
    expect(list.body).toMatchObject({ total: 2, notifications: [{ id: second.body.id }] });
    const { body: older } = await call('GET', '/api/v1/notifications?limit=1&offset=1');
    expect(older.notifications).toEqual([made.body]);
    const { body: of } = await call('GET', '/api/v1/notifications?notification_type=system_alert&status=pending');
    expect(of.total).toBe(1);
    const path = `/api/v1/notifications/${made.body.id}`;
    expect((await call('GET', path)).body).toEqual(made.body);
    expect((await call('DELETE', path)).body).toEqual({ id: made.body.id, status: 'cancelled' });
    expect((await call('GET', path)).body).toMatchObject({ status: 'cancelled' });
    expect((await call('DELETE', path)).body).toEqual({ id: made.body.id, status: 'deleted' });
    expect((await call('GET', path)).status).toBe(404);
  });

  it('may come from services, and know only notifications, and those of their own tenant', async () => {
    const json = { recipient_email: 'ops@example.org', subject: 'x', body: 'y', unknown: 1 };
    const { status, body } = await call('POST', '/internal/notifications', json);
    expect(status).toBe(201);
    expect((await call('GET', `/api/v1/notifications/${body.id}`, undefined, 'rival')).status).toBe(404);
    expect((await call('DELETE', `/api/v1/notifications/${body.id}`, undefined, 'rival')).status).toBe(404);
    const { body: rivals } = await call('GET', '/api/v1/notifications', undefined, 'rival');
    expect(rivals).toEqual({ notifications: [], total: 0 });
    expect((await call('GET', `/api/v1/notifications/${await server.send()}`)).status).toBe(404);
  });

  it('carry files, and job results use the shipped template where it is there', async () => {
    const attachments = [
      { filename: '../run.log', content: Buffer.from('log').toString('base64'), content_type: 'text/plain' },
    ];
    const job = { notification_type: 'job_failed', job_run_id: 8, body: 'Disk full', attachments };
    const plain = await create({ ...job, data: { job_name: 'backup', log: 'E: no space' } });
    const shown = await mailOf(plain.body.id);
    expect(shown.body).toMatchObject({ subject: 'Hello', attachments: [{ filename: 'run.log' }] });
    const variables = [
      { name: 'job', required: true },
      { name: 'ok', type: 'boolean', required: true },
    ];
    const text = await mailOf(plain.body.id, '/content');
    expect(text.body.text).toBe('Disk full\n\nJob run ID: 8\nJob:        backup\n\nE: no space\n');
    const template = {
      name: 'job-result',
      subject: '{{job}}: {{#if ok}}done{{else}}failed{{/if}}',
      text: '{{summary}}',
      variables,
    };
    expect((await call('POST', '/v1/templates', template)).status).toBe(201);
    const made = await create({ ...job, data: { job_name: 'backup', duration: 12 } });
    expect(made.body).toMatchObject({ subject: 'Hello', body: 'Disk full', notification_type: 'job_failed' });
    const message = await mailOf(made.body.id, '/content');
    expect(message.body.variables).toMatchObject({ job: 'backup', ok: false, summary: 'Disk full', duration: '12' });
    const done = await create({ ...job, notification_type: 'job_completed' });
    expect((await mailOf(done.body.id, '/content')).body.variables).toMatchObject({ job: 'run 8', ok: true });
  });

  it.each([
    [{ recipient_email: 'nobody' }, ['recipient_email']],
    [{ recipient_email: 'a@b.example\r\nBcc: c@d.example' }, ['recipient_email']],
    [{ recipient_email: undefined }, ['recipient_email']],
    [{ subject: '' }, ['subject']],
    [{ notification_type: 'x'.repeat(51) }, ['notification_type']],
    [{ attachments: [{ filename: 'x', content: '!' }] }, ['attachments.0.content']],
  ])('%j is refused', async (more, paths) => {
    const { status, body } = await create(more);
    expect({ status, paths: pathsOf(body) }).toEqual({ status: 400, paths });
  });

  it('takes nothing in a body for a template', async () => {
    const { body } = await create({ body: 'x {{system.recipient}}', subject: '{{y}}' });
    const content = await mailOf(body.id, '/content');
    expect(JSON.stringify(content.body)).toContain('x {{system.recipient}}');
  });

  it('send HTML as it is, and show its text elsewhere', async () => {
    const { body } = await create({ body: '<p>All <b>well</b></p>' });
    expect(body.body).toBe('<p>All <b>well</b></p>');
    expect((await mailOf(body.id, '/content')).body.html).toBe('<p>All <b>well</b></p>');
    const { body: known } = await server.call('GET', `/v1/notifications/${body.id}`, { key: 'read' });
    expect(known.data).toMatchObject({ subject: 'Hello', text: 'All well' });
  });
});

describe('notifications of somebody who is known', () => {
  const preferences = '/api/v1/notification/preferences/jo';
  const own = { recipient_email: 'jo@example.org' };
  const deliveriesOf = async (id: unknown) =>
    (await server.call('GET', `/v1/notifications/${id}`, { key: 'read' })).body.deliveries;

  it('keep to preferences, by the address as by the id', async () => {
    const json = { email: 'jo@example.org', email_enabled: false, teams_webhook_url: 'https://teams.example.com/hook' };
    expect((await call('POST', preferences, json)).status).toBe(200);
    for (const to of [own, { recipient_email: undefined, user_id: 'jo' }]) {
      const { status, body } = await create(to);
      expect({ status, body }).toMatchObject({ status: 201, body: { ...own, status: 'pending' } });
      expect(await deliveriesOf(body.id)).toMatchObject([
        { subscriber: 'jo', channel: 'email', status: 'skipped', reason: 'preference' },
        { subscriber: 'jo', channel: 'teams', status: 'pending' },
      ]);
    }
    expect((await call('GET', '/api/v1/notifications?recipient_email=jo@example.org')).body).toMatchObject({
      total: 2,
    });
  });

  it('say why they were not sent', async () => {
    await call('POST', preferences, { teams_enabled: false });
    const { body } = await create(own);
    expect(body).toMatchObject({ status: 'failed', error_message: 'the subscriber turned it off', sent_at: null });
    const { body: failed } = await call('GET', '/api/v1/notifications?status=failed&recipient_email=jo@example.org');
    expect(failed).toMatchObject({ total: 1, notifications: [{ id: body.id }] });
    await call('POST', preferences, { email_enabled: true, teams_webhook_url: null });
  });

  it('gather in the digest that a stored type has, and wait in quiet hours', async () => {
    const type = { name: 'nightly', category: 'jobs', channels: ['email'], digest: { every: 'daily' } };
    expect((await call('POST', '/v1/notification-types', type)).status).toBe(201);
    const { body } = await create({ ...own, notification_type: 'nightly' });
    expect(body).toMatchObject({ status: 'pending', notification_type: 'nightly' });
    expect(await deliveriesOf(body.id)).toMatchObject([{ status: 'held', reason: 'digest' }]);
    await call('POST', preferences, { quiet_hours_start: '00:00', quiet_hours_end: '23:59', timezone: 'UTC' });
    const { body: late } = await create({ ...own, notification_type: 'system_alert' });
    expect(await deliveriesOf(late.id)).toMatchObject([{ status: 'held', reason: 'quiet_hours' }]);
  });

  it('refuse a user_id that nobody has, and are the same again by an idempotency key', async () => {
    expect((await create({ recipient_email: undefined, user_id: 'nobody' })).status).toBe(404);
    const once = { idempotency_key: 'once' };
    const [first, second] = [await create(once), await create(once)];
    expect(second.body.id).toBe(first.body.id);
  });
});

describe('the service', () => {
  it('is stopped and started by the operator alone, and says how it stands', async () => {
    const lever = (verb: string, key = 'operator') =>
      call('POST', `/api/v1/notification/worker/${verb}`, undefined, key);
    expect((await lever('stop', 'all')).status).toBe(403);
    expect(await lever('stop')).toMatchObject({ status: 200, body: { status: 'stopped' } });
    expect((await call('GET', '/api/v1/worker/status')).body).toMatchObject({ status: 'stopped', processing: 0 });
    expect((await lever('start')).body).toEqual({ status: 'running' });
    const { body } = await call('GET', '/api/v1/worker/status');
    expect(body).toMatchObject({ status: 'running', pending: expect.any(Number) });
    expect(await call('GET', '/api/v1/notification/health')).toMatchObject({
      status: 200,
      body: { status: 'healthy', service: 'notification-service' },
    });
  });
});

describe('tests of channels', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.close());
  const test = (type: string, webhook_url: string, key?: string) =>
    call('POST', `/api/v1/notification/test/${type}`, { webhook_url }, key);

  it.each([
    ['slack', 'blocks'],
    ['teams', 'attachments'],
    ['webhook', 'notificationId'],
  ])('%s: a test is posted to the URL', async (type, member) => {
    expect((await test(type, receiver.url)).body).toEqual({ success: true, message: 'delivered' });
    expect(receiver.heard[0]?.json).toHaveProperty(member);
    receiver.answer(() => ({ status: 410 }));
    expect((await test(type, `${receiver.url}/SECRET-PART`)).body).toMatchObject({ success: false });
    const audit = await server.call('GET', '/v1/admin/audit', { key: 'operator' });
    expect(JSON.stringify([audit.body, server.lines])).not.toContain('SECRET-PART');
  });

  it('never inside', async () => {
    expect((await test('slack', 'http://169.254.169.254/')).status).toBe(400);
    expect((await test('teams', 'http://10.0.0.1/')).status).toBe(400);
  });
});

it('has no SMTP settings before they are posted', async () => {
  expect((await call('GET', '/api/v1/notification/smtp/settings')).status).toBe(404);
  const json = { recipient_email: 'a@example.org' };
  expect((await call('POST', '/api/v1/notification/smtp/test', json)).status).toBe(404);
});

describe('preferences of a user', () => {
  const path = '/api/v1/notification/preferences/42';
  const SECRET = 'T00000000/B00000000/XXXXXXXXXXXX';

  it('are those of a subscriber, who is added where there is none, and URLs are masked', async () => {
    expect((await call('GET', path)).status).toBe(404);
    const change = {
      ...{
        email: 'jo@example.org',
        email_enabled: false,
        slack_webhook_url: `https://hooks.slack.com/services/${SECRET}`,
      },
      ...{ quiet_hours_start: '22:00:00', quiet_hours_end: '07:00', timezone: 'Europe/Berlin', unknown: 1 },
    };
    const { status, body } = await call('POST', path, change);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        ...{ user_id: '42', email: 'jo@example.org', email_enabled: false, slack_enabled: true, teams_enabled: false },
        ...{ webhook_enabled: false, slack_webhook_url: 'https://hooks.slack.com/…', teams_webhook_url: null },
        ...{ quiet_hours_start: '22:00', quiet_hours_end: '07:00', timezone: 'Europe/Berlin' },
      },
    });
    const audit = await server.call('GET', '/v1/admin/audit', { key: 'operator' });
    expect(JSON.stringify([body, audit.body, server.lines])).not.toContain(SECRET);
    const { body: theirs } = await call('GET', '/v1/subscribers/42/preferences', undefined, 'read');
    expect(theirs).toMatchObject({
      global: { channels: { email: false } },
      quietHours: { start: '22:00', end: '07:00', timezone: 'Europe/Berlin' },
    });
  });

  it('change by what is given; null takes away', async () => {
    const { body } = await call('POST', path, {
      email_enabled: true,
      slack_enabled: false,
      quiet_hours_start: null,
      quiet_hours_end: null,
    });
    expect(body).toMatchObject({
      ...{ email: 'jo@example.org', email_enabled: true, slack_enabled: false, quiet_hours_start: null },
      slack_webhook_url: 'https://hooks.slack.com/…',
    });
    const { body: without } = await call('POST', path, { slack_webhook_url: null, email: null });
    expect(without).toMatchObject({ slack_webhook_url: null, email: null, timezone: 'Europe/Berlin' });
    expect((await call('GET', path, undefined, 'rival')).status).toBe(404);
  });

  it.each([
    [{ quiet_hours_start: '22:00' }, ['quiet_hours_end']],
    [{ quiet_hours_start: '25:00' }, ['quiet_hours_start']],
    [{ timezone: 'Mars/Olympus' }, ['timezone']],
    [{ slack_webhook_url: 'http://169.254.169.254/' }, ['slack_webhook_url']],
    [{ email_enabled: 'yes' }, ['email_enabled']],
  ])('%j is refused', async (change, paths) => {
    const { status, body } = await call('POST', path, change);
    expect({ status, paths: pathsOf(body) }).toEqual({ status: 400, paths });
  });
});
