import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dashboard } from './dashboard.ts';
import { startServer, type TestServer } from './http.testing.ts';

const page = '<!doctype html><title>IEP</title>';
const script = 'console.log("hello")';
const file = (text: string) => ({
  gzip: gzipSync(text),
  br: new TextEncoder().encode('br'),
  tag: `tag-${text.length}`,
});
const files = new Map([
  ['index.html', file(page)],
  ['app-1.js', file(script)],
]);
const dashboard: Dashboard = { file: (name) => files.get(name) };

describe('the dashboard at the door', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ overrides: { dashboard } });
  });
  afterAll(() => server.close());

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(server.url + path, { headers: { 'accept-encoding': 'identity', ...headers }, redirect: 'manual' });

  it('is the same page for every path, asked for anew each time', async () => {
    for (const path of ['/ui/', '/ui/messages', '/ui/messages/01']) {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      expect(await answer.text()).toBe(page);
    }
  });

  it('lets the page load nothing from outside, run nothing written into it, and stand in no frame', async () => {
    const { headers } = await get('/ui/');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('keeps an asset for good, in the form that the browser takes', async () => {
    const plain = await get('/ui/assets/app-1.js');
    expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(plain.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(plain.headers.get('vary')).toBe('accept-encoding');
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toBe(script);
    const gzip = await get('/ui/assets/app-1.js', { 'accept-encoding': 'gzip, br;q=0' });
    expect(gzip.headers.get('content-encoding')).toBe('gzip');
    expect(await gzip.text()).toBe(script);
    const br = await get('/ui/assets/app-1.js', { 'accept-encoding': 'gzip, br' });
    expect(br.headers.get('content-encoding')).toBe('br');
    await br.arrayBuffer().catch(() => undefined);
  });

  it('answers 304 to who has it in that form', async () => {
    const first = await get('/ui/');
    const tag = first.headers.get('etag') ?? '';
    expect((await get('/ui/', { 'if-none-match': tag })).status).toBe(304);
    expect((await get('/ui/', { 'if-none-match': '"other"' })).status).toBe(200);
    expect((await get('/ui/', { 'if-none-match': tag, 'accept-encoding': 'gzip' })).status).toBe(200);
  });

  it('has no file of another name', async () => {
    for (const name of ['app-2.js', '__proto__', 'constructor', '..%2f..%2fetc%2fpasswd', '']) {
      expect((await get(`/ui/assets/${name}`)).status).toBe(404);
    }
  });

  it('is where a browser is led; a program hears that there is no such call', async () => {
    const browser = await get('/', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    expect([browser.status, browser.headers.get('location')]).toEqual([302, '/ui/']);
    expect((await get('/', { accept: 'TEXT/HTML' })).status).toBe(302);
    const without = await get('/ui');
    expect([without.status, without.headers.get('location')]).toEqual([308, '/ui/']);
    expect((await get('/')).status).toBe(404);
    expect((await server.call('POST', '/ui/messages')).status).toBe(405);
  });
});

it('says how it is built where it is not', async () => {
  const server = await startServer({ overrides: { dashboard: { file: () => undefined } } });
  const { status, text } = await server.call('GET', '/ui/');
  expect([status, text]).toEqual([503, expect.stringContaining('npm run dev')]);
  await server.close();
});
