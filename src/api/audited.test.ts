/** Which calls the audit log keeps, over real requests: who, from where, what, and how it ended. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IepError } from '../core/errors.ts';
import { createNetworks } from '../core/networks.ts';
import { startServer, submission, type TestServer } from '../http/http.testing.ts';

let server: TestServer;
afterEach(() => server.close());

async function entries(): Promise<Record<string, unknown>[]> {
  const { body } = await server.call('GET', '/v1/admin/audit', { key: 'operator' });
  return (body.items as Record<string, unknown>[]).toReversed();
}

describe('the audit log', () => {
  beforeEach(async () => {
    server = await startServer();
  });

  it('keeps what an operator and a tenant manage, with who, from where and what changed', async () => {
    await server.call('PATCH', '/v1/admin/tenants/acme', { key: 'operator', json: { name: 'Acme Inc.' } });
    await server.call('POST', '/v1/suppressions', { key: 'admin', json: { email: 'a@example.com' } });
    const [first, second] = await entries();
    expect(first).toMatchObject({
      seq: 1,
      actor: { kind: 'operator', name: expect.stringMatching(/^iep_[0-9A-Za-z]{8}$/) },
      source: '127.0.0.1',
      action: 'tenant.set',
      outcome: 'done',
      target: 'acme',
      detail: { params: { slug: 'acme' }, body: { name: 'Acme Inc.' }, before: { name: 'acme' } },
    });
    expect(second).toMatchObject({
      actor: { kind: 'tenant' },
      action: 'suppression.add',
      tenant: 'acme',
      detail: { body: { email: 'a@example.com' } },
    });
  });

  it('names what was made, and has the key of nobody', async () => {
    const made = await server.call('POST', '/v1/admin/keys', {
      key: 'operator',
      json: { tenant: 'acme', scopes: ['send'], allowedIps: ['10.0.0.0/8'] },
    });
    const [entry] = await entries();
    expect(entry).toMatchObject({
      target: made.body.id,
      tenant: 'acme',
      detail: { after: { allowedIps: ['10.0.0.0/8'] } },
    });
    expect(JSON.stringify(entry)).not.toContain(String(made.body.key).split('_')[2]);
  });

  it('keeps what was refused to a known caller, and nothing of strangers', async () => {
    await server.call('DELETE', '/v1/admin/tenants/acme', { key: 'send' });
    await server.call('DELETE', '/v1/admin/tenants/nobody', { key: 'operator' });
    await server.call('POST', '/v1/admin/tenants', {
      key: 'operator',
      json: { slug: 'NOT A SLUG', password: 'planted' },
    });
    await server.call('DELETE', '/v1/admin/tenants/acme');
    await server.call('DELETE', '/v1/admin/tenants/acme', { key: `iep_abcd1234_${'x'.repeat(43)}` });
    const found = await entries();
    expect(found.map(({ outcome }) => outcome)).toEqual(['forbidden', 'not_found', 'invalid_request']);
    expect(found[0]).toMatchObject({ actor: { kind: 'tenant' }, tenant: 'acme' });
    expect(JSON.stringify(found)).not.toContain('planted');
  });

  it('has no reads and no mail', async () => {
    await server.send();
    await server.call('POST', '/v1/messages', { key: 'send', json: { ...submission, to: [] } });
    await server.call('GET', '/v1/admin/tenants', { key: 'operator' });
    expect(await entries()).toEqual([]);
  });

  it('is read and verified over HTTP', async () => {
    await server.call('POST', '/v1/admin/queue/pause', { key: 'operator' });
    const { body } = await server.call('GET', '/v1/admin/audit/verify', { key: 'operator' });
    expect(body).toMatchObject({ intact: true, entries: 1, head: { seq: 1 }, breaks: [] });
    expect((await server.call('GET', '/v1/admin/audit', { key: 'admin' })).status).toBe(403);
    expect((await server.call('GET', '/v1/admin/audit?cursor=x', { key: 'operator' })).body).toMatchObject({
      code: 'invalid_request',
      errors: [{ path: 'cursor', message: 'is not a cursor of an earlier answer' }],
    });
  });

  it('is not long because a file was long', async () => {
    const csv = `email\n${Array.from({ length: 2_900 }, (_, n) => `u${n}@example.com`).join('\n')}\n`;
    await server.call('POST', '/v1/suppressions/import', {
      key: 'admin',
      body: csv,
      headers: { 'content-type': 'text/csv' },
    });
    const [entry] = await entries();
    expect(entry).toMatchObject({ action: 'suppression.import', outcome: 'done' });
    expect(JSON.stringify(entry).length).toBeLessThan(2_000);
  });

  it('logs the end of the chain, for whoever keeps the log elsewhere', async () => {
    await server.call('POST', '/v1/admin/queue/pause', { key: 'operator' });
    const [entry] = await entries();
    expect(server.lines.find(({ msg }) => msg === 'audit')).toMatchObject({ auditSeq: 1, auditHash: entry?.hash });
  });
});

it('says so when an action could not be written down', async () => {
  server = await startServer();
  const { store } = server.deps;
  store.audit.append = async () => {
    throw new IepError('store_unavailable', 'The disk is full.');
  };
  const answer = await server.call('POST', '/v1/admin/queue/pause', { key: 'operator' });
  expect(answer).toMatchObject({ status: 503, body: { code: 'audit_unavailable' } });
  expect(server.lines.find(({ level }) => level === 'error')).toMatchObject({ action: 'queue.pause' });
  // What was refused was not done, and is not said to be.
  const wrong = await server.call('POST', '/v1/triggers', { key: 'admin', json: {} });
  expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  const gone = await server.call('DELETE', '/v1/templates/none', { key: 'admin' });
  expect(gone).toMatchObject({ status: 404, body: { code: 'not_found' } });
});

describe('the source of a call', () => {
  const forwarded = { 'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.0.0.2' };
  const pause = (headers: Record<string, string>) =>
    server.call('POST', '/v1/admin/queue/pause', { key: 'operator', headers });

  it('is the socket, whatever a stranger says', async () => {
    server = await startServer();
    await pause(forwarded);
    expect((await entries())[0]).toMatchObject({ source: '127.0.0.1' });
  });

  it('is what a trusted proxy says, from the right, up to the first that is none of ours', async () => {
    const proxies = createNetworks(['127.0.0.0/8', '10.0.0.0/8']);
    server = await startServer({ trustedProxies: () => proxies });
    await pause(forwarded);
    await pause({ 'x-forwarded-for': '[2001:db8::1]:4711' });
    await pause({ 'x-forwarded-for': '203.0.113.9, rubbish, 10.0.0.2' });
    await pause({});
    expect((await entries()).map(({ source }) => source)).toEqual([
      '203.0.113.9',
      '2001:db8::1',
      '10.0.0.2',
      '127.0.0.1',
    ]);
  });

  it('is what a key is bound to', async () => {
    const proxies = createNetworks(['127.0.0.0/8']);
    server = await startServer({ trustedProxies: () => proxies });
    const made = await server.call('POST', '/v1/admin/keys', {
      key: 'operator',
      json: { tenant: 'acme', scopes: ['read'], allowedIps: ['203.0.113.0/24'] },
    });
    const read = (address: string) =>
      server.call('GET', '/v1/messages', { key: String(made.body.key), headers: { 'x-forwarded-for': address } });
    expect((await read('203.0.113.9')).status).toBe(200);
    expect(await read('203.0.114.9')).toMatchObject({ status: 403, body: { code: 'ip_not_allowed' } });
  });
});
