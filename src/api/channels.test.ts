/** Channels over HTTP: what they take and refuse, that nobody is shown a secret again, and that tests say what came of them. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../http/http.testing.ts';
import { type Receiver, startReceiver } from '../webhooks/webhooks.testing.ts';

let server: TestServer;
let receiver: Receiver;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const call = (method: string, path: string, json?: object, key = 'admin') =>
  server.call(method, `/v1/channels${path}`, { key, ...(json && { json }) });
const pathsOf = (body: Record<string, unknown>) => (body.errors as { path: string }[]).map(({ path }) => path);
const SECRET = 'T00000000/B00000000/XXXXXXXXXXXXXXXX';

describe('channels', () => {
  it('are added, shown, changed and removed, and what is secret is masked', async () => {
    const webhookUrl = `${receiver.url}/services/${SECRET}`;
    const made = await call('POST', '', { name: 'ops', type: 'slack', webhookUrl, description: 'Ops' });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      ...{ name: 'ops', tenant: 'acme', type: 'slack', description: 'Ops', token: null },
      webhookUrl: `http://${new URL(receiver.url).host}/…`,
    });
    const token = 'xoxb-1234567890-abcdefgh';
    const changed = await call('PATCH', '/ops', { webhookUrl: null, token, channel: '#ops' });
    expect(changed.body).toMatchObject({ webhookUrl: null, token: 'set', channel: '#ops', description: 'Ops' });
    const shown = await call('GET', '/ops', undefined, 'read');
    const all = await call('GET', '', undefined, 'read');
    expect(all.body.items).toEqual([shown.body]);
    const audit = await server.call('GET', '/v1/admin/audit', { key: 'operator' });
    const said = JSON.stringify([made, changed, shown, all, audit, server.lines]);
    for (const secret of [SECRET, 'XXXXXXXXXXXXXXXX', token]) expect(said).not.toContain(secret);
    expect((await call('DELETE', '/ops')).status).toBe(204);
    for (const method of ['GET', 'DELETE']) expect((await call(method, '/ops')).status).toBe(404);
    expect((await call('POST', '/ops/test')).status).toBe(404);
  });

  it('have a secret that is made and told once, where they are webhooks', async () => {
    const { body } = await call('POST', '', { name: 'hook', type: 'webhook', url: receiver.url });
    expect(body.secret).toMatch(/^whsec_/);
    expect(await call('GET', '/hook')).toMatchObject({ body: { secret: 'set', url: expect.stringMatching(/\/…$/) } });
    expect((await call('PATCH', '/hook', { description: 'x' })).body).toMatchObject({ secret: 'set' });
    await call('POST', '/hook/test');
    const { createHmac } = await import('node:crypto');
    const [heard] = receiver.heard;
    const hash = createHmac('sha256', String(body.secret))
      .update(heard?.body ?? '')
      .digest('hex');
    expect(heard?.headers['x-iep-signature']).toBe(`sha256=${hash}`);
  });

  it('write to one address or several', async () => {
    expect((await call('POST', '', { name: 'mail', type: 'email', to: 'Ops@Example.COM' })).body).toMatchObject({
      to: ['Ops@example.com'],
    });
    expect((await call('PATCH', '/mail', { to: ['a@example.com', 'b@example.com'] })).body).toMatchObject({
      to: ['a@example.com', 'b@example.com'],
    });
  });

  it.each([
    [{ type: 'fax' }, ['type']],
    [{ type: 'slack' }, ['']],
    [{ type: 'slack', token: 'xoxb-1234567890' }, ['']],
    [{ type: 'slack', webhookUrl: 'https://x.example/', token: 'xoxb-1234567890', channel: 'C1' }, ['']],
    [{ type: 'slack', token: 'xoxb-1234567890\r\nx', channel: 'C1' }, ['token']],
    [{ type: 'teams' }, ['webhookUrl']],
    [{ type: 'teams', webhookUrl: 'https://x.example/', channel: 'C1' }, ['channel']],
    [{ type: 'teams', webhookUrl: 'http://169.254.169.254/' }, ['webhookUrl']],
    [{ type: 'webhook', url: 'http://10.0.0.1/' }, ['url']],
    [{ type: 'webhook', url: 'javascript:alert(1)' }, ['url']],
    [{ type: 'webhook', url: 'https://x.example/', secret: 'short' }, ['secret']],
    [{ type: 'email' }, ['to']],
    [{ type: 'email', to: [] }, ['to']],
    [{ type: 'email', to: 'a@b\r\nBcc: c@example.com' }, ['to']],
    [{ type: 'email', to: 'a@example.com', url: 'https://x.example/' }, ['url']],
  ])('%j is refused', async (fields, paths) => {
    const { status, body } = await call('POST', '', { name: 'refused', ...fields });
    expect({ status, paths: pathsOf(body) }).toEqual({ status: 400, paths });
  });

  it('are not changed to what would be refused', async () => {
    await call('POST', '', { name: 'stays', type: 'teams', webhookUrl: receiver.url });
    expect((await call('PATCH', '/stays', { webhookUrl: null })).status).toBe(400);
    expect((await call('PATCH', '/stays', { webhookUrl: 'http://10.0.0.1/' })).status).toBe(400);
    expect((await call('POST', '/stays/test')).body).toMatchObject({ ok: true });
  });
});

describe('a test of a channel', () => {
  it('posts a card and answers what came of it', async () => {
    await call('POST', '', { name: 'slack', type: 'slack', webhookUrl: `${receiver.url}/${SECRET}` });
    receiver.answer(() => ({ status: 200, body: 'ok' }));
    expect((await call('POST', '/slack/test')).body).toEqual({
      ...{ ok: true, outcome: 'delivered', reason: null, status: 200, messageId: null },
      durationMs: expect.any(Number),
    });
    expect(receiver.heard[0]?.json).toMatchObject({ text: 'A test of this channel' });
    receiver.answer(() => ({ status: 404, body: 'no_service' }));
    expect((await call('POST', '/slack/test')).body).toMatchObject({
      ...{ ok: false, outcome: 'rejected', status: 404 },
      reason: expect.stringContaining('no_service'),
    });
    const entries = JSON.stringify((await server.call('GET', '/v1/admin/audit', { key: 'operator' })).body);
    expect(entries).toContain('channel.test');
  });

  it('sends a mail where it is one of email, and says why it cannot', async () => {
    await call('POST', '', { name: 'mailed', type: 'email', to: 'ops@example.com' });
    expect((await call('POST', '/mailed/test')).body).toMatchObject({
      ...{ ok: false, outcome: 'rejected', reason: 'the tenant has no default sender', status: null },
    });
    const tenant = await server.call('GET', '/v1/admin/tenants/acme', { key: 'operator' });
    const settings = { ...(tenant.body.settings as object), defaultFrom: { email: 'noreply@acme.example' } };
    await server.call('PATCH', '/v1/admin/tenants/acme', { key: 'operator', json: { settings } });
    const { body } = await call('POST', '/mailed/test');
    expect(body).toMatchObject({ ok: true, outcome: 'queued', messageId: expect.any(String) });
    const message = await server.call('GET', `/v1/messages/${body.messageId}`, { key: 'read' });
    expect(message.body).toMatchObject({ subject: 'A test of this channel' });
  });
});
