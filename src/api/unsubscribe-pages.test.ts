/** The link of a mail: what opens it changes nothing, what posts to it does, and nobody makes one up. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../http/http.testing.ts';

let server: TestServer;
let messageId: string;
let link: string;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

let count = 0;
let address: string;
beforeEach(async () => {
  count += 1;
  address = `Jo${count}@example.org`;
  messageId = await server.send({ to: [address], unsubscribe: { category: 'news' } });
  link = await linkTo('news');
});

async function linkTo(category: string, tenantId = server.tenants.acme.id): Promise<string> {
  const sign = await server.deps.linkTokens.signer();
  return `/u/${sign('unsubscribe', [tenantId, address, category, messageId])}`;
}

const off = async () => {
  const found = await server.store.unsubscribes.of({ tenantId: server.tenants.acme.id, emails: [address] });
  return found.map(({ category, way }) => `${category || 'all'} ${way}`);
};
const post = (body: string, headers: Record<string, string> = {}) =>
  server.call('POST', link, { body, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } });
const send = async (category = 'news') => {
  const { body } = await server.call('POST', '/v1/messages', {
    key: 'send',
    json: { from: 'a@acme.example', to: [address], subject: 's', textBody: 't', unsubscribe: { category } },
  });
  return body.suppressedRecipients;
};

describe('the link of a mail', () => {
  it('asks, and changes nothing, however often it is opened', async () => {
    for (const method of ['GET', 'HEAD', 'GET']) {
      const { status, headers, text } = await server.call(method, link);
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(headers.get('set-cookie')).toBeNull();
      if (method === 'GET') expect(text).toContain(`${address} gets mail of the kind “news” from acme.`);
    }
    expect(await off()).toEqual([]);
  });

  it('unsubscribes by one click: no cookie, no key, no redirect; both types of form', async () => {
    const { status, headers, text } = await post('List-Unsubscribe=One-Click', {
      cookie: 'iep=x',
      origin: 'https://x.example',
    });
    expect([status, headers.get('location'), headers.get('set-cookie')]).toEqual([200, null, null]);
    expect(text).toContain('You are unsubscribed');
    expect(await off()).toEqual(['news one-click']);
    expect(await send()).toEqual([address]);
    expect(await send('billing')).toEqual([]);
    await post('action=again');
    expect(await off()).toEqual([]);
    const form = new FormData();
    form.append('List-Unsubscribe', 'One-Click');
    expect((await fetch(server.url + link, { method: 'POST', body: form })).status).toBe(200);
    expect(await off()).toEqual(['news one-click']);
  });

  it('turns off the category or all by the page, and on again', async () => {
    expect((await post('action=category')).text).toContain(`${address} gets no mail of the kind “news” any more.`);
    expect(await off()).toEqual(['news page']);
    expect((await post('action=all')).text).toContain(
      `${address} gets no mail from acme any more that can be turned off.`,
    );
    expect(await send('billing')).toEqual([address]);
    expect((await server.call('GET', link)).text).toContain('You are unsubscribed');
    expect((await post('action=again')).text).toContain('You are subscribed again');
    expect(await off()).toEqual([]);
    expect(await send()).toEqual([]);
  });

  it('changes nothing for a form that asks for nothing', async () => {
    for (const body of ['', 'action=', 'action=other', 'List-Unsubscribe=', 'a'.repeat(1000), '%%%', '--x\r\n']) {
      expect((await post(body)).status).toBe(200);
      expect((await post(body, { 'content-type': 'multipart/form-data; boundary=x' })).status).toBe(200);
    }
    expect((await server.call('POST', link)).status).toBe(200);
    expect(await off()).toEqual([]);
  });

  it('is in the history of its message, once', async () => {
    await post('List-Unsubscribe=One-Click');
    await post('List-Unsubscribe=One-Click');
    const { body } = await server.call('GET', `/v1/messages/${messageId}/events`, { key: 'read' });
    const events = (body.items as { type: string }[]).filter(({ type }) => type === 'unsubscribed');
    expect(events).toMatchObject([{ recipient: address, data: { category: 'news', way: 'one-click' } }]);
  });

  it('is in the audit log as the recipient, where it changed something, without the link', async () => {
    await post('List-Unsubscribe=One-Click');
    await post('List-Unsubscribe=One-Click');
    await post('action=again');
    await post('action=again');
    const sign = await server.deps.linkTokens.signer();
    link = `/u/${sign('unsubscribe', [server.tenants.acme.id, address, 'news', messageId, 'u17'])}`;
    await post('action=all');
    const found = await server.store.audit.list({ filter: { action: 'unsubscribe.' }, limit: 100 });
    const items = found.items.filter(({ target }) => target === address || target === 'u17').reverse();
    const common = { outcome: 'done', tenant: 'acme' };
    expect(items).toMatchObject([
      { ...common, action: 'unsubscribe.add', actor: { kind: 'recipient', id: address } },
      { ...common, action: 'unsubscribe.remove', actor: { kind: 'recipient', id: address } },
      { ...common, action: 'unsubscribe.add', actor: { kind: 'recipient', id: 'u17' } },
    ]);
    expect(JSON.parse(items[0]?.detail ?? '')).toEqual({ after: { category: 'news', way: 'one-click', messageId } });
    expect(JSON.stringify(items[2])).not.toContain(address);
    expect(JSON.stringify(items)).not.toContain(link.slice('/u/'.length));
  });

  it('works when its message is gone', async () => {
    messageId = '019cf5b2-6a00-7000-8000-000000000000';
    link = await linkTo('news');
    await post('List-Unsubscribe=One-Click');
    expect(await off()).toEqual(['news one-click']);
  });

  it('means nothing where it was changed, is for something else, or its tenant is gone: a page says so', async () => {
    const sign = await server.deps.linkTokens.signer();
    const wrong = [
      `${link}A`,
      link.slice(0, -1),
      '/u/x',
      `/u/${'A'.repeat(3_000)}`,
      `/u/${sign('preferences', [server.tenants.acme.id, address, 'news', messageId])}`,
      `/u/${sign('unsubscribe', [server.tenants.acme.id])}`,
      await linkTo('news', '019cf5b2-6a00-7000-8000-000000000000'),
    ];
    for (const path of wrong) {
      for (const method of ['GET', 'POST']) {
        const { status, text } = await server.call(method, path, { headers: { 'accept-language': 'de' } });
        expect([path, status]).toEqual([path, 404]);
        expect(text).toContain('Dieser Link geht nicht');
      }
    }
    expect(await off()).toEqual([]);
  });

  it('shows what the caller wrote as text', async () => {
    link = await linkTo('<script>alert(1)</script>"');
    for (const { text } of [await server.call('GET', link), await post('action=category')]) {
      expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;');
      expect(text).not.toContain('<script');
    }
  });

  it('has the look and the language of its tenant where the reader says none', async () => {
    const branding = { company: 'Acme & Co', logoUrl: 'https://cdn.example.com/l.png', colors: { primary: '#00338d' } };
    await server.call('PATCH', '/v1/admin/tenants/acme', {
      key: 'operator',
      json: { settings: { branding, locale: 'de' } },
    });
    server.deps.directory.forget();
    const { text, headers } = await server.call('GET', link, { headers: { 'accept-language': 'pt' } });
    expect(text).toContain(
      '<img src="https://cdn.example.com/l.png" alt="Acme &amp; Co" referrerpolicy="no-referrer">',
    );
    expect(text).toContain('Abbestellen?');
    expect(text).toContain('background:#00338d;');
    expect(headers.get('content-security-policy')).toContain('img-src https://cdn.example.com;');
    await server.call('PATCH', '/v1/admin/tenants/acme', {
      key: 'operator',
      json: { settings: { branding: null, locale: null } },
    });
    server.deps.directory.forget();
  });
});
