/** Stored templates over the API: versions, whose they are, previews, and messages that are made with them. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../http/http.testing.ts';
import { operator } from '../manage/manage.testing.ts';
import { listOf, pageOf } from './shapes.ts';
import { templateDiffShape } from './template-diff.ts';
import {
  templateFaultsShape,
  templatePreviewShape,
  templateRowShape,
  templateShape,
  templateVersionShape,
} from './template-views.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.close());

const PATH = '/v1/templates';
const welcome = {
  name: 'welcome',
  subject: 'Hello {{UserName}}',
  html: '<p>Hello <b>{{UserName}}</b></p>',
  variables: [{ name: 'UserName', type: 'string', required: true, example: 'Jo & Co' }],
};
const call = (method: string, path: string, json?: unknown, key = 'admin') =>
  server.call(method, PATH + path, { key, ...(json !== undefined && { json }) });
const add = async (more: object = {}, key = 'admin') => {
  const { status, body, text } = await call('POST', '', { ...welcome, ...more }, key);
  if (status !== 201) throw new Error(text);
  return templateShape.parse(body);
};
const namesOf = async (key: string, query = '') =>
  pageOf(templateRowShape)
    .parse((await call('GET', query, undefined, key)).body)
    .items.map(({ name, shared }) => (shared ? `${name}*` : name));

describe('a template', () => {
  test('is stored, changed, shown, taken back and removed', async () => {
    expect(await add()).toMatchObject({
      name: 'welcome',
      kind: 'template',
      syntax: 'handlebars',
      version: 1,
      published: 1,
    });
    expect((await call('POST', '', welcome)).status).toBe(409);
    const { name: _name, ...rest } = welcome;
    expect((await call('PUT', '/welcome', rest)).body).toMatchObject({ version: 1, latest: 1 });
    const changed = { ...rest, subject: 'Hi {{UserName}}', publish: false };
    expect((await call('PUT', '/welcome', changed)).body).toMatchObject({ version: 2, published: 1 });
    expect(templateShape.parse((await call('GET', '/welcome')).body)).toMatchObject({
      version: 1,
      subject: welcome.subject,
    });
    expect((await call('GET', '/welcome/versions/2')).body).toMatchObject({ version: 2, subject: 'Hi {{UserName}}' });
    expect((await call('POST', '/welcome/publish', { version: 2 })).body).toMatchObject({ published: 2 });
    expect((await call('POST', '/welcome/publish', { version: 1 })).body).toMatchObject({ published: 1, latest: 2 });
    const { items } = listOf(templateVersionShape).parse((await call('GET', '/welcome/versions')).body);
    expect(items.map(({ version, published }) => [version, published])).toEqual([
      [2, false],
      [1, true],
    ]);
    expect(templateDiffShape.parse((await call('GET', '/welcome/diff')).body)).toMatchObject({
      ...{ from: 1, to: 2 },
      fields: [
        {
          path: 'subject',
          lines: [
            { kind: 'out', text: welcome.subject },
            { kind: 'in', text: 'Hi {{UserName}}' },
          ],
        },
      ],
    });
    expect((await call('DELETE', '/welcome')).status).toBe(204);
    for (const path of [
      '/welcome',
      '/welcome/versions',
      '/welcome/versions/1',
      '/welcome/versions/x',
      '/welcome/diff',
    ]) {
      expect((await call('GET', path)).status).toBe(404);
    }
    expect((await call('DELETE', '/welcome')).status).toBe(404);
    expect((await call('PUT', '/welcome', rest)).status).toBe(404);
  });

  test('keeps its name, and is not stored where something of it is wrong', async () => {
    const wrong = {
      ...welcome,
      name: 'No Name',
      html: 7,
      locales: { '?': {} },
      variables: [{ name: 'x', type: 'tree' }],
    };
    const { status, body } = await call('POST', '', wrong);
    expect(status).toBe(400);
    expect((body.errors as { path: string }[]).map(({ path }) => path)).toEqual(
      expect.arrayContaining(['name', 'html', 'variables.0.type']),
    );
    await add();
    expect((await call('PUT', '/welcome', { ...welcome, name: 'other' })).status).toBe(400);
  });

  test('has variables of a size that can be kept in a hundred versions', async () => {
    const variables = [{ name: 'x', type: 'list', example: Array.from({ length: 10 }, () => 'x'.repeat(30_000)) }];
    expect((await call('POST', '', { ...welcome, variables })).body.errors).toEqual([
      { path: 'variables', message: 'must be at most 262144 characters of JSON' },
    ]);
  });

  test.each(['subject', 'preheader', 'html', 'text'])('has no control characters in its %s', async (field) => {
    for (const text of ['a\0b', 'a\u001bb', 'a\ud800']) {
      expect((await call('POST', '', { ...welcome, [field]: text })).body.errors).toEqual([
        { path: field, message: 'must hold no control characters but tabs and line breaks' },
      ]);
    }
    expect((await call('POST', '', { ...welcome, [field]: 'a\tb\r\nc\f' })).status).toBe(201);
  });

  test('that cannot be rendered is refused with line and column', async () => {
    const { status, body } = await call('POST', '', { ...welcome, html: '<p>\n  {{#if UserName}}</p>' });
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'template_invalid' });
    expect(body.errors).toMatchObject([{ path: 'html', line: expect.any(Number) }]);
    expect((await call('POST', '', { ...welcome, layout: 'branded' })).body).toMatchObject({
      code: 'template_invalid',
    });
    expect((await call('GET', '')).body.items).toEqual([]);
  });

  test('is made with layouts and partials, which stay as long as it does', async () => {
    await add({ name: 'footer', kind: 'partial', subject: undefined, html: '<hr>{{brand.company}}', variables: [] });
    const layout = { name: 'branded', kind: 'layout', subject: undefined, variables: [] };
    await add({ ...layout, html: '<main>{{#block "main"}}{{/block}}</main>{{> footer}}' });
    await add({ layout: 'branded' });
    expect((await call('DELETE', '/branded')).body).toMatchObject({
      code: 'conflict',
      detail: expect.stringContaining('welcome'),
    });
    expect((await call('DELETE', '/footer?force=true')).status).toBe(409);
    const { body } = await call('POST', '/welcome/preview');
    expect(templatePreviewShape.parse(body).html).toContain('<main><p>Hello <b>Jo &amp; Co</b></p></main><hr>');
    expect(await namesOf('read', '?kind=layout')).toEqual(['branded']);
    expect(await namesOf('read', '?q=foot&limit=1')).toEqual(['footer']);
  });

  test('of the operator is for all who have none of that name', async () => {
    expect((await call('POST', '', { ...welcome, shared: true })).status).toBe(403);
    expect(await add({ shared: true, subject: 'Shared' }, 'operator')).toMatchObject({ shared: true });
    expect(await namesOf('rival')).toEqual(['welcome*']);
    await add({ subject: 'Own' });
    expect(await namesOf('read')).toEqual(['welcome']);
    expect((await call('GET', '/welcome', undefined, 'rival')).body.subject).toBe('Shared');
    expect((await call('PUT', '/welcome', { ...welcome, name: undefined }, 'rival')).status).toBe(404);
    for (const path of ['/welcome?shared=true', '?shared=true'])
      expect((await call('GET', path, undefined, 'rival')).status).toBe(403);
    expect((await call('DELETE', '/welcome?shared=true', undefined, 'admin')).status).toBe(403);
    expect((await call('GET', '/welcome', undefined, 'operator')).body.subject).toBe('Shared');
    expect((await call('DELETE', '/welcome', undefined, 'operator')).body.code).toBe('tenant_required');
    expect((await call('DELETE', '/welcome?shared=true', undefined, 'operator')).status).toBe(204);
    expect((await call('GET', '/welcome', undefined, 'rival')).status).toBe(404);
  });

  test('is in the audit log with what was done to it', async () => {
    await add();
    await call('POST', '/welcome/publish', { version: 1 });
    await call('DELETE', '/welcome');
    const { body } = await server.call('GET', '/v1/admin/audit?limit=3', { key: 'operator' });
    expect(body.items).toMatchObject([
      ...['template.remove', 'template.publish', 'template.add'].map((action) => ({
        action,
        target: 'welcome',
        tenant: 'acme',
      })),
    ]);
    expect(JSON.stringify(body.items)).not.toContain('<b>');
  });
});

describe('a preview', () => {
  test('is of the examples, or of what is given, and tells what is to be said against it', async () => {
    await add({ html: `${welcome.html}<img src="https://example.com/a.png">{{Other}}` });
    const { body } = await call('POST', '/welcome/preview', undefined, 'read');
    const shown = templatePreviewShape.parse(body);
    expect(shown).toMatchObject({ subject: 'Hello Jo & Co', sizeBytes: expect.any(Number) });
    expect(shown.warnings.length).toBeGreaterThan(1);
    const given = { variables: { UserName: '<i>Ada</i>' } };
    expect((await call('POST', '/welcome/preview', given, 'read')).body.html).toContain('&lt;i&gt;Ada&lt;/i&gt;');
  });

  test('has a page for a frame, made harmless, for a while', async () => {
    await add({
      html: '<p style="color: red" onclick="x()">Hi</p><script>x()</script><img src="https://example.com/a.png">',
    });
    expect((await call('POST', '/welcome/preview')).body).not.toHaveProperty('frame');
    const { body } = await call('POST', '/welcome/preview?frame=true');
    const page = await server.call('GET', `${body.frame}?scheme=dark`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.text).toContain('Hi</p>');
    expect(page.text).not.toMatch(/<script|onclick|example\.com/);
    expect((await server.call('GET', `${body.frame}x`)).status).toBe(404);
  });

  test('is also of one that is not stored', async () => {
    const { body } = await call('POST', '/preview', { template: welcome, variables: { UserName: 'Ada' } }, 'read');
    expect(templatePreviewShape.parse(body).subject).toBe('Hello Ada');
    expect((await call('POST', '/preview', { template: { ...welcome, text: '{{/if}}' } }, 'read')).body.code).toBe(
      'template_invalid',
    );
    expect((await call('GET', '')).body.items).toEqual([]);
  });
});

describe('a test', () => {
  test('is sent from the default sender, marked as one, with the examples', async () => {
    await add();
    expect((await call('POST', '/welcome/test', { to: 'me@example.org' })).body).toMatchObject({
      code: 'invalid_request',
      detail: expect.stringContaining('--default-from'),
    });
    const defaultFrom = { email: 'noreply@acme.example' };
    await server.deps.manage.tenants.set(operator(), { tenant: 'acme', settings: { defaultFrom } });
    for (const to of ['me@example.org, you@example.org', 'me@example.org\r\nBcc: you@example.org', 'me']) {
      expect((await call('POST', '/welcome/test', { to })).body.errors).toMatchObject([{ path: 'to' }]);
    }
    const { status, body } = await call('POST', '/welcome/test', { to: 'me@example.org' });
    expect(status).toBe(202);
    const [job] = await server.claim();
    expect(job?.message).toMatchObject({ id: body.messageId, to: [{ email: 'me@example.org' }], from: defaultFrom });
    expect(job && (await server.deps.render(job.message))).toMatchObject({
      rendered: { subject: '[test] Hello Jo & Co', text: 'Hello Jo & Co' },
    });
  });
});

describe('what others are made with', () => {
  const layout = { name: 'frame', kind: 'layout', html: '<main>{{#block "main"}}{{/block}}</main>' };
  const other = { ...layout, html: '<main>{{#block "body"}}{{/block}}</main>' };
  const inFrame = { layout: 'frame', html: '{{#content "main"}}<p>{{UserName}}</p>{{/content}}' };
  const broken = { status: 422, body: { code: 'template_invalid' } };
  const addFrame = async (json: object, key = 'admin') => expect((await call('POST', '', json, key)).status).toBe(201);
  const isRefused = async (method: string, path: string, json?: unknown, key?: string) => {
    const answer = await call(method, path, json, key);
    expect(answer).toMatchObject(broken);
    expect(answer.text).toContain('welcome is made with it');
    expect(answer.text).toContain('no layout around it has a block');
  };

  test('does not lose what they need, unless that is said', async () => {
    await addFrame(layout);
    await add(inFrame);
    await isRefused('PUT', '/frame', other);
    expect((await call('PUT', '/frame', { ...other, publish: false })).status).toBe(200);
    await isRefused('POST', '/frame/publish', { version: 2 });
    expect((await call('GET', '/frame')).body).toMatchObject({ published: 1 });
    expect((await call('POST', '/frame/publish', { version: 2, force: true })).status).toBe(200);
    // It is broken by now, so nobody is held up by it.
    expect((await call('PUT', '/frame', { ...other, text: '{{#block "body"}}{{/block}}' })).status).toBe(200);
    expect((await call('POST', '/frame/publish', { version: 1 })).status).toBe(200);
    expect((await call('PUT', '/frame', { ...other, force: true })).status).toBe(200);
  });

  test('is not taken from them by one of its name, or by its removal', async () => {
    await addFrame({ ...other, shared: true }, 'operator');
    await addFrame(layout);
    await add(inFrame);
    await isRefused('DELETE', '/frame');
    expect((await call('DELETE', '/frame?force=true')).status).toBe(204);
    await call('DELETE', '/welcome');
    await call('PUT', '/frame', { ...layout, shared: true }, 'operator');
    await add(inFrame);
    await isRefused('POST', '', other);
    await isRefused('PUT', '/frame', { ...other, shared: true }, 'operator');
    expect((await call('POST', '', { ...other, force: true })).status).toBe(201);
  });

  test('is checked together with them before anything is stored', async () => {
    await addFrame(layout);
    await add(inFrame);
    await add({ ...inFrame, name: 'invited' });
    const check = async (more: object, ...templates: object[]) => {
      const { body, text } = await call('POST', '/check', { templates, ...more }, 'read');
      expect(text).not.toContain('problem');
      return templateFaultsShape.parse(body).faults.map(({ template, path }) => `${template} ${path}`);
    };
    const follows = (name: string) => ({ ...welcome, ...inFrame, name, html: '{{#content "body"}}x{{/content}}' });
    expect(await check({}, other)).toEqual(['welcome html', 'invited html']);
    expect(await check({}, other, follows('welcome'))).toEqual(['invited html']);
    expect(await check({}, follows('welcome'), follows('invited'), other)).toEqual([]);
    expect(await check({ force: true }, other)).toEqual([]);
    expect(await check({ publish: false }, other, follows('welcome'))).toEqual(['welcome html']);
    expect(await check({}, { ...welcome, html: '{{#if x}}' })).toEqual(['welcome html']);
    expect((await call('GET', '/frame/versions')).text).toContain('"version":1');
    expect((await call('GET', '/frame')).body).toMatchObject({ latest: 1 });
  });
});

describe('a message', () => {
  const send = (json: object, key = 'send') =>
    server.call('POST', '/v1/messages', { key, json: { from: 'noreply@acme.example', to: 'a@example.org', ...json } });

  test('is made with a template, and keeps its name and version', async () => {
    await add();
    const { status, body } = await send({ template: 'welcome', variables: { UserName: 'Ada' } });
    expect(status).toBe(202);
    const id = String(body.messageId);
    await call('PUT', '/welcome', { ...welcome, name: undefined, subject: 'Changed' });
    expect((await server.call('GET', `/v1/messages/${id}`, { key: 'read' })).body).toMatchObject({
      template: 'welcome',
      templateVersion: 1,
    });
    const raw = await server.call('GET', `/v1/messages/${id}/raw`, { key: 'read' });
    expect(raw.text).toContain('Subject: Hello Ada');
    const later = await send({ templateId: 'welcome', variables: { UserName: 'Ada' } });
    const listed = await server.call('GET', '/v1/messages?template=welcome', { key: 'read' });
    expect(listed.body.items).toMatchObject([
      { messageId: later.body.messageId, templateVersion: 2 },
      { messageId: id },
    ]);
    expect((await server.call('GET', '/v1/messages?template=other', { key: 'read' })).body.items).toEqual([]);
    expect((await server.call('GET', `/v1/messages/${id}/explain`, { key: 'read' })).body).toMatchObject({
      template: 'welcome',
      templateVersion: 1,
    });
    expect((await call('DELETE', '/welcome')).body).toMatchObject({
      code: 'conflict',
      detail: expect.stringContaining('2 messages'),
    });
    expect((await call('DELETE', '/welcome?force=true')).status).toBe(204);
    expect((await server.call('GET', `/v1/messages/${id}/raw`, { key: 'read' })).text).toContain('Subject: Hello Ada');
  });

  test('is refused where its variables do not fit, alone and in a batch', async () => {
    await add();
    const { status, body } = await send({ template: 'welcome' });
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'template_variables' });
    expect(body.errors).toMatchObject([{ path: 'variables.UserName' }]);
    const whole = { from: 'noreply@acme.example', to: 'a@example.org', template: 'welcome' };
    const batch = await server.call('POST', '/v1/messages/batch', {
      key: 'send',
      json: [{ ...whole, variables: { UserName: 'Ada' } }, whole, { ...whole, template: 'other' }],
    });
    expect(batch.body).toMatchObject({
      accepted: 1,
      items: [{ status: 'queued' }, { error: { code: 'template_variables' } }, { error: { code: 'invalid_request' } }],
    });
    expect((await send({ template: 'welcome', variables: { UserName: 'Ada' } }, 'rival')).body).toMatchObject({
      errors: [{ path: 'template' }],
    });
  });

  test('is the same under its idempotency key, whatever is published meanwhile', async () => {
    await add();
    const once = { template: 'welcome', variables: { UserName: 'Ada' }, idempotencyKey: 'k' };
    const first = await send(once);
    await call('PUT', '/welcome', { ...welcome, name: undefined, subject: 'Changed' });
    const again = await send(once);
    expect([again.status, again.body.messageId]).toEqual([200, first.body.messageId]);
    expect((await send({ ...once, variables: { UserName: 'Bob' } })).status).toBe(409);
  });

  test('that comes whole is made with the template that it names', async () => {
    await add();
    const mail =
      'From: a@acme.example\r\nTo: b@example.org\r\nX-IEP-Template: welcome\r\nX-IEP-Variables: {"UserName": "Ada"}\r\n\r\nx';
    const { status, body } = await server.call('POST', '/v1/messages/raw', {
      ...{ key: 'send', body: mail, headers: { 'content-type': 'message/rfc822' } },
    });
    expect(status).toBe(202);
    const { body: content } = await server.call('GET', `/v1/messages/${body.messageId}/content`, { key: 'read' });
    expect(content).toMatchObject({ kind: 'parts', variables: { UserName: 'Ada' } });
  });
});

test('another tenant neither sees nor changes a template, nor learns that it is there', async () => {
  await add();
  const { name: _name, ...rest } = welcome;
  const routes: readonly (readonly [method: string, path: string, json?: unknown])[] = [
    ...([
      ['GET', ''],
      ['GET', '/versions'],
      ['GET', '/versions/1'],
      ['GET', '/diff'],
      ['DELETE', ''],
    ] as const),
    ...([
      ['PUT', '', rest],
      ['POST', '/publish', { version: 1 }],
      ['POST', '/preview', {}],
    ] as const),
  ];
  const strip = (body: Record<string, unknown>, name: string) =>
    JSON.stringify({ ...body, requestId: '' }).replaceAll(name, 'NAME');
  for (const [method, path, json] of routes) {
    const theirs = await call(method, `/welcome${path}`, json, 'rival');
    const nobodys = await call(method, `/nothing${path}`, json, 'rival');
    expect(theirs.status).toBe(404);
    expect(strip(theirs.body, 'welcome')).toBe(strip(nobodys.body, 'nothing'));
  }
  expect(await namesOf('rival')).toEqual([]);
  expect(await namesOf('read')).toEqual(['welcome']);
});
