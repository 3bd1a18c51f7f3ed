import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noProviders, startServer, type TestServer } from '../http/http.testing.ts';
import type { ProviderDesk, ShownProvider } from '../manage/providers.ts';

const relay: ShownProvider = {
  name: 'relay',
  source: 'store',
  settings: { type: 'smtp', host: 'smtp.example.com', password: 'set' },
  capabilities: { takes: 'mime', maxRecipients: 50, wantsDkim: true, idempotent: false },
  tells: true,
  webhookUrl: 'https://mail.example.com/hooks/relay',
  state: {
    ...{ name: 'relay', type: 'smtp', inFlight: 2, waiting: 0, limit: 20, concurrency: 20 },
    breaker: { state: 'open', openSince: 1_790_000_000_000, retryAt: 1_790_000_030_000 },
  },
};

let asked: unknown[];
let usable: readonly string[];
let server: TestServer;
beforeEach(async () => {
  asked = [];
  usable = ['dev', 'relay'];
  const note =
    <T>(answer: T) =>
    async (input: unknown) => {
      asked.push(input);
      return answer;
    };
  const providers: ProviderDesk = {
    manifests: noProviders.manifests,
    ...{ leaseMs: 600_000, isDelivering: true, names: async () => ['relay'], list: async () => [relay] },
    ...{ add: note(relay), set: note(relay), remove: note(undefined), test: note({ ok: true, detail: 'fine.' }) },
    routeOf: ({ provider }) => [provider ?? 'relay'],
    usableBy: () => usable,
    signs: async () => true,
    listenerOf: () => undefined,
    stateOf: (name) => (name === 'relay' ? relay.state : undefined),
  };
  server = await startServer({ overrides: { providers } });
});
afterEach(() => server.close());

describe('/v1/admin/providers', () => {
  const path = '/v1/admin/providers';

  it('is the operator’s alone', async () => {
    for (const [method, call] of [
      ['GET', path],
      ['POST', path],
      ['GET', `${path}/relay`],
      ['PATCH', `${path}/relay`],
      ['DELETE', `${path}/relay`],
      ['POST', `${path}/relay/test`],
    ] as const) {
      const { status } = await server.call(method, call, { key: 'all', ...(method === 'GET' ? {} : { json: {} }) });
      expect([method, call, status]).toEqual([method, call, 403]);
    }
    expect(asked).toEqual([]);
  });

  it('shows how each is doing, and no secret', async () => {
    const { body } = await server.call('GET', `${path}/relay`, { key: 'operator' });
    expect(body).toMatchObject({
      capabilities: { raw: true, idempotency: false, events: true, maxRecipients: 50, maxBytes: null },
      ...{ name: 'relay', type: 'smtp', source: 'store', settings: { password: 'set' } },
      state: { breaker: { state: 'open', retryAt: '2026-09-21T14:13:50.000Z' }, health: null },
    });
    const list = await server.call('GET', path, { key: 'operator' });
    expect(list.body).toEqual({ items: [body] });
    expect(body).toMatchObject({ webhookUrl: 'https://mail.example.com/hooks/relay' });
    expect((await server.call('GET', `${path}/nobody`, { key: 'operator' })).status).toBe(404);
  });

  it('hands on what is to change', async () => {
    const settings = { type: 'null' };
    const key = 'operator';
    expect((await server.call('POST', path, { key, json: { name: 'x', settings } })).status).toBe(201);
    expect((await server.call('PATCH', `${path}/x`, { key, json: { settings: { host: null } } })).status).toBe(200);
    expect((await server.call('DELETE', `${path}/x?force=true`, { key })).status).toBe(204);
    const tested = await server.call('POST', `${path}/x/test`, { key, json: { to: 'jo@example.com' } });
    expect(tested.body).toEqual({ ok: true, detail: 'fine.', sent: null });
    expect(asked).toEqual([
      { name: 'x', settings },
      { name: 'x', settings: { host: null } },
      { name: 'x', force: true },
      { name: 'x', to: 'jo@example.com' },
    ]);
    expect((await server.call('POST', path, { key, json: { name: 'No Name', settings } })).status).toBe(400);
    expect(server.lines.some((line) => line.provider === 'x')).toBe(true);
  });
});

describe('/v1/messages/:id/explain', () => {
  it('says why a message waits, with what the way out knows', async () => {
    const id = await server.send();
    const { status, body } = await server.call('GET', `/v1/messages/${id}/explain`, { key: 'read' });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        messageId: id,
        status: 'queued',
        summary: expect.stringContaining('the circuit breaker of relay is open until 2026-09-21T14:13:50.000Z'),
        route: [{ provider: 'relay', standing: 'breaker open' }],
        recipients: [{ email: 'user@example.org', status: 'queued', suppressed: false }],
        timeline: [{ event: 'queued', text: 'accepted' }],
      },
    });
  });

  it('foretells that a message fails whose provider was taken from its tenant', async () => {
    const id = await server.send({ provider: 'dev' });
    usable = ['relay'];
    const { body } = await server.call('GET', `/v1/messages/${id}/explain`, { key: 'read' });
    expect(body).toMatchObject({
      summary: expect.stringContaining('it asks for the provider dev, which acme may not use any more; it has: relay.'),
      route: [{ provider: 'dev', standing: 'not for this tenant' }],
    });
  });

  it('is the same as nothing to other tenants, and needs the scope read', async () => {
    const id = await server.send();
    const path = `/v1/messages/${id}/explain`;
    expect((await server.call('GET', path, { key: 'rival' })).status).toBe(404);
    expect((await server.call('GET', path, { key: 'send' })).status).toBe(403);
    expect((await server.call('GET', '/v1/messages/nonsense/explain', { key: 'read' })).status).toBe(404);
  });
});

describe('DELETE /v1/messages/:id', () => {
  it('takes what owes nothing any more, from its own tenant, with the scope admin, and is audited', async () => {
    const id = await server.send();
    const path = `/v1/messages/${id}`;
    expect((await server.call('DELETE', path, { key: 'admin' })).status).toBe(409);
    await server.call('POST', `${path}/cancel`, { key: 'send' });
    expect((await server.call('DELETE', path, { key: 'rival' })).status).toBe(404);
    for (const key of ['read', 'send']) expect((await server.call('DELETE', path, { key })).status).toBe(403);
    expect((await server.call('DELETE', `${path}?dead=true`, { key: 'admin' })).body).toMatchObject({
      code: 'conflict',
    });
    const retry = await server.call('POST', `${path}/retry?dead=true`, { key: 'send' });
    expect([retry.status, retry.body.code]).toEqual([409, 'conflict']);
    expect((await server.call('DELETE', path, { key: 'admin' })).status).toBe(204);
    expect((await server.call('GET', path, { key: 'read' })).status).toBe(404);
    const { body } = await server.call('GET', '/v1/admin/audit', { key: 'operator' });
    expect(body.items).toContainEqual(
      expect.objectContaining({ action: 'message.delete', outcome: 'done', target: id, tenant: 'acme' }),
    );
  });
});
