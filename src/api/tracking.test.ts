/** The pixel and the links of tracked mail over HTTP, and what a message says of its reading. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, submission, type TestServer } from '../http/http.testing.ts';
import { linkTo, pixelOf } from '../message/tracking/links.testing.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const messageId = '0193f2f0-0000-7000-8000-000000000001';
const key = () => server.deps.linkTokens.key();
const ask = (path: string, init: RequestInit = {}) => fetch(server.url + path, { redirect: 'manual', ...init });
const last = () => server.visits.at(-1);

describe('the pixel', () => {
  it('is a transparent picture that nobody keeps, and tells who loaded it', async () => {
    const path = pixelOf(await key(), { messageId, position: 2 });
    const answer = await ask(path, { headers: { 'user-agent': 'Reader/1.0' } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('image/gif');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(Buffer.from(await answer.arrayBuffer()).toString('hex')).toMatch(/^47494638396101000100/);
    expect(last()).toMatchObject({ messageId, position: 2, kind: 'opened', userAgent: 'Reader/1.0', ip: '127.0.0.1' });
    expect(last()).not.toHaveProperty('isHead');
  });

  it('answers HEAD without it, and knows that it was asked so', async () => {
    const answer = await ask(pixelOf(await key(), { messageId, position: 0 }), { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, 'image/gif', '']);
    expect(last()).toMatchObject({ kind: 'opened', isHead: true });
  });
});

describe('a link', () => {
  it.each(['GET', 'HEAD'])('leads where its token says, by %s', async (method) => {
    const url = 'https://example.com/a?b=1&c=%20#d';
    const answer = await ask(linkTo(await key(), { messageId, position: 1 }, url), { method });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, url]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(last()).toMatchObject({ messageId, position: 1, kind: 'clicked', url });
  });

  it('leads nowhere that it does not say itself', async () => {
    const path = linkTo(await key(), { messageId, position: 1 }, 'https://example.com/');
    const answer = await ask(`${path}?url=https://evil.example/&u=https://evil.example/`);
    expect(answer.headers.get('location')).toBe('https://example.com/');
  });
});

it('a token that was not made here is 404, in words for a browser, and counts as nothing', async () => {
  const before = server.visits.length;
  const own = linkTo(await key(), { messageId, position: 1 }, 'https://example.com/');
  const pixel = pixelOf(await key(), { messageId, position: 1 });
  const others = linkTo(new Uint8Array(32).fill(9), { messageId, position: 1 }, 'https://evil.example/');
  const wrong = [
    `${own}A`,
    own.slice(0, -1),
    others,
    pixel.replace('/t/o/', '/t/c/'),
    own.replace('/t/c/', '/t/o/'),
    '/t/c/x',
    '/t/o/%0d%0a',
  ];
  for (const path of wrong) {
    const answer = await ask(path, { headers: { accept: 'text/html' } });
    expect([path, answer.status, answer.headers.get('location')]).toEqual([path, 404, null]);
    expect(answer.headers.get('content-type')).toContain('text/');
  }
  expect(server.visits).toHaveLength(before);
});

describe('a message', () => {
  const trackingOf = async (id: string) =>
    (await server.store.messages.content({ tenantId: server.tenants.acme.id, messageId: id }))?.message.tracking;

  it('says what is noted of it', async () => {
    expect(await trackingOf(await server.send())).toBeUndefined();
    expect(await trackingOf(await server.send({ tracking: { opens: true } }))).toEqual({
      ...{ opens: true, clicks: false, anonymous: false },
    });
    expect(await trackingOf(await server.send({ tracking: { anonymous: true } }))).toBeUndefined();
  });

  it('is refused with what it does not know', async () => {
    for (const tracking of [{ opens: 'yes' }, { reads: true }, true]) {
      const { status, body } = await server.call('POST', '/v1/messages', {
        key: 'send',
        json: { ...submission, tracking },
      });
      expect([status, body.code]).toEqual([400, 'invalid_request']);
    }
  });

  it('that comes whole says so in its header, which it loses', async () => {
    const raw = (field: string) =>
      server.call('POST', '/v1/messages/raw', {
        ...{ key: 'send', headers: { 'content-type': 'message/rfc822' } },
        body: `${field}From: a@acme.example\r\nTo: b@x.example\r\nSubject: s\r\n\r\nhi\r\n`,
      });
    const { body } = await raw('X-IEP-Track: opens, Clicks\r\n');
    expect(await trackingOf(String(body.messageId))).toEqual({ opens: true, clicks: true, anonymous: false });
    expect(await trackingOf(String((await raw('X-IEP-Track: off\r\n')).body.messageId))).toBeUndefined();
    expect((await raw('X-IEP-Track: everything\r\n')).body.errors).toMatchObject([{ path: 'X-IEP-Track' }]);
  });
});
