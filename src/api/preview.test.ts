import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import { startServer, type TestServer } from '../http/http.testing.ts';
import { checkedLinksShape, viewShape } from './shapes.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const clock = createManualClock();

let server: TestServer;
/** A stranger's server on this machine, with what was asked of it. */
let outside: string;
const asked: string[] = [];
const stranger = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  const headers = { 'content-type': 'image/png' };
  if (request.url === '/a.png') response.writeHead(200, headers).end(PNG);
  else if (request.url === '/moved') response.writeHead(302, { location: '/a.png' }).end();
  else if (request.url === '/inside') response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
  else if (request.url === '/page.png') response.writeHead(200, headers).end('<svg onload="x()"></svg>');
  else if (request.url === '/large.png')
    response.writeHead(200, headers).end(Buffer.concat([PNG, Buffer.alloc(6_000_000)]));
  else response.writeHead(request.url === '/there' ? 200 : 404).end();
});
beforeAll(async () => {
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  outside = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
  server = await startServer({ clock });
});
afterAll(async () => {
  await server.close();
  stranger.close();
});

const get = (path: string, key?: string) => server.call('GET', path, { ...(key !== undefined && { key }) });
const viewOf = async (id: string, query = '') =>
  viewShape.parse((await get(`/v1/messages/${id}/view${query}`, 'read')).body);

describe('GET /v1/messages/{id}/preview', () => {
  test('gives a page that runs nothing, under a policy of its own', async () => {
    const id = await server.send({ htmlBody: '<p onclick="x()">Hello</p><script>x()</script>', subject: 'A <b>' });
    const { status, text, headers } = await get(`/v1/messages/${id}/preview`, 'read');
    expect({ status, type: headers.get('content-type') }).toEqual({ status: 200, type: 'text/html; charset=utf-8' });
    expect(text).toContain('<p>Hello</p>');
    expect(text).not.toMatch(/script|onclick/);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox",
    );
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('answers a light or a dark screen', async () => {
    const id = await server.send({
      htmlBody: '<style>@media (prefers-color-scheme:dark){p{color:red}}</style><p>x</p>',
    });
    expect((await get(`/v1/messages/${id}/preview`, 'read')).text).toContain('max-width:-1px');
    const dark = await get(`/v1/messages/${id}/preview?scheme=dark`, 'read');
    expect(dark.text).toContain('min-width:0px');
    expect(dark.text).toContain('content="dark"');
  });
});

describe('GET /v1/messages/{id}/view', () => {
  test('takes a message apart, whether it came in parts or whole', async () => {
    const id = await server.send({ htmlBody: '<a href="https://example.com/">x</a>', textBody: 'x' });
    expect(await viewOf(id)).toMatchObject({
      ...{ from: 'Acme <noreply@acme.example>', links: [{ url: 'https://example.com/' }], text: 'x\n', hasHtml: true },
    });
    const body = [
      ...[
        'From: app@acme.example',
        'To: user@example.org',
        'Subject: Whole',
        'Content-Type: multipart/mixed; boundary=b',
        '',
      ],
      ...[
        '--b',
        '',
        'text',
        '--b',
        'Content-Type: text/csv',
        'Content-Disposition: attachment; filename="a.csv"',
        'Content-Transfer-Encoding: base64',
        '',
        'MSwy',
        '--b--',
        '',
      ],
    ].join('\r\n');
    const raw = await server.call('POST', '/v1/messages/raw', {
      ...{ key: 'send', body, headers: { 'content-type': 'message/rfc822' } },
    });
    const whole = String(raw.body.messageId);
    expect((await viewOf(whole)).attachments).toMatchObject([{ filename: 'a.csv', size: 3 }]);
    const file = await get(`/v1/messages/${whole}/attachments/0`, 'read');
    expect({ text: file.text, name: file.headers.get('content-disposition') }).toEqual({
      ...{ text: '1,2', name: 'attachment; filename="a.csv"' },
    });
    expect((await get(`/v1/messages/${whole}/attachments/1`, 'read')).status).toBe(404);
  });

  test('leads to a frame that needs no key, for a while', async () => {
    const id = await server.send({ htmlBody: '<p>Framed</p>' });
    const { frame } = await viewOf(id);
    const shown = await get(frame);
    expect({ status: shown.status, text: shown.text }).toEqual({
      status: 200,
      text: expect.stringContaining('Framed'),
    });
    expect((await get(`${frame.slice(0, -4)}AAAA`)).status).toBe(404);
    expect((await get('/v1/preview/v1.x.y')).status).toBe(404);
    await clock.advance(10 * 60_000 + 1);
    expect((await get(frame)).status).toBe(404);
  });
});

describe('pictures from outside', () => {
  const withPictures = async (...paths: string[]) => {
    const id = await server.send({ htmlBody: paths.map((path) => `<img src="${outside}${path}">`).join('') });
    const view = await viewOf(id, '?remote=true');
    const page = (await get(view.frame)).text;
    const pictures = [...page.matchAll(/src="(\/v1\/preview\/[^"]+)"/g)].map(([, path = '']) =>
      path.replaceAll('&amp;', '&'),
    );
    return { id, view, pictures };
  };

  test('are not fetched, nor named, until they are asked for', async () => {
    asked.length = 0;
    const id = await server.send({ htmlBody: `<img src="${outside}/a.png">` });
    const view = await viewOf(id);
    expect(view.remotePictures).toBe(1);
    expect((await get(view.frame)).text).not.toContain('/picture?');
    expect(asked).toEqual([]);
  });

  test('come through the daemon, redirects followed, for that view alone', async () => {
    const { pictures } = await withPictures('/a.png', '/moved');
    for (const path of pictures) {
      const { status, headers } = await get(path);
      expect({ status, type: headers.get('content-type') }).toEqual({ status: 200, type: 'image/png' });
      expect(headers.get('content-security-policy')).toContain('sandbox');
    }
    const other = await withPictures('/a.png');
    const [own = ''] = pictures;
    expect((await get(own.replace(/proof=.*/, 'proof=x'))).status).toBe(404);
    expect((await get(own.replace('a.png', 'there'))).status).toBe(404);
    expect((await get(`${other.view.frame}/picture?${own.split('?')[1]}`)).status).toBe(404);
  });

  test('are pictures, small ones, and from nowhere inside', async () => {
    const { pictures } = await withPictures('/page.png', '/large.png', '/inside', '/none.png');
    expect(pictures).toHaveLength(4);
    for (const path of pictures) expect((await get(path)).status).toBe(404);
  });
});

describe('POST /v1/messages/{id}/links/check', () => {
  test('asks for each link once, and says what was answered', async () => {
    asked.length = 0;
    const links = ['/there', '/gone', '/moved'].map((path) => `<a href="${outside}${path}">x</a>`).join('');
    const id = await server.send({
      htmlBody: `${links}<a href="mailto:a@b.example">m</a><a href="http://169.254.169.254/x">i</a>`,
    });
    const { body } = await server.call('POST', `/v1/messages/${id}/links/check`, { key: 'send' });
    const { items } = checkedLinksShape.parse(body);
    expect(items.map(({ state, status }) => [state, status])).toEqual([
      ...[
        ['good', 200],
        ['bad', 404],
        ['warn', 302],
      ],
      ...[
        ['skipped', undefined],
        ['bad', undefined],
      ],
    ]);
    expect(asked.toSorted()).toEqual(['GET /gone', 'HEAD /gone', 'HEAD /moved', 'HEAD /there']);
    expect((await server.call('POST', `/v1/messages/${id}/links/check`, { key: 'read' })).status).toBe(403);
  });
});
