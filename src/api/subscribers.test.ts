/** Subscribers over HTTP: what they take, refuse and show; files of them; and what they want to be told. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../http/http.testing.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const call = (method: string, path: string, json?: unknown, key = 'admin') =>
  server.call(method, `/v1/subscribers${path}`, { key, ...(json !== undefined && { json }) });
const errorsOf = (body: Record<string, unknown>) => body.errors as { path: string; message: string }[];

const SECRET = 'B0-secret-part';
const channels = {
  slack: { webhookUrl: `https://hooks.slack.com/services/${SECRET}` },
  teams: { webhookUrl: `https://prod.example.com/workflows?x=${SECRET}` },
  webhook: { url: `https://app.example.com/${SECRET}` },
};
const masked = {
  slack: { webhookUrl: 'https://hooks.slack.com/…' },
  teams: { webhookUrl: 'https://prod.example.com/…' },
  webhook: { url: 'https://app.example.com/…' },
};

async function sealedOf(id: string): Promise<string> {
  const [one] = await server.store.subscribers.of({ tenantId: server.tenants.acme.id, ids: [id] });
  return one?.sealed === undefined ? '' : server.deps.vault.open(one.sealed.text, `subscriber:${one.sealed.id}`);
}

describe('a subscriber', () => {
  const jo = {
    ...{ id: 'jo', email: 'Jo@Example.org', name: 'Jo', locale: 'de', timezone: 'Europe/Berlin' },
    ...{ data: { plan: 'pro' }, topics: ['outages', 'news', 'news'] },
  };

  it('is added, shown, changed and removed', async () => {
    const made = await call('POST', '', jo);
    expect(made.status).toBe(201);
    const shown = { ...jo, email: 'Jo@example.org', topics: ['news', 'outages'], channels: {}, tenant: 'acme' };
    expect(made.body).toMatchObject(shown);
    expect((await call('POST', '', jo)).status).toBe(409);
    const changes = { name: null, topics: ['news'], data: { plan: 'free' } };
    const { body } = await call('PATCH', '/jo', changes);
    expect(body).toMatchObject({ name: null, topics: ['news'], data: { plan: 'free' }, email: 'Jo@example.org' });
    expect((await call('GET', '/jo', undefined, 'read')).body).toEqual(body);
    expect((await call('DELETE', '/jo')).status).toBe(204);
    for (const method of ['GET', 'DELETE']) expect((await call(method, '/jo')).status).toBe(404);
  });

  it('has any id of the caller’s', async () => {
    for (const id of ['a/b c', 'ü@x', '...', '42']) {
      expect((await call('POST', '', { id })).status).toBe(201);
      expect((await call('GET', `/${encodeURIComponent(id)}`)).body).toMatchObject({ id });
    }
  });

  it.each([
    [{ id: '' }, 'id'],
    [{ id: 'a\r\nb' }, 'id'],
    [{ id: '..' }, 'id'],
    [{ email: 'nobody' }, 'email'],
    [{ name: 'Jo\r\nBcc: al@example.org' }, 'name'],
    [{ locale: 'german' }, 'locale'],
    [{ timezone: 'Europe/Nowhere' }, 'timezone'],
    [{ data: { text: 'x'.repeat(17_000) } }, 'data'],
    [{ topics: ['No Topic'] }, 'topics.0'],
    [{ channels: { sms: {} } }, 'channels.sms'],
    [{ channels: { slack: {} } }, 'channels.slack'],
    [{ channels: { slack: { ...channels.slack, channel: '#ops' } } }, 'channels.slack'],
    [{ channels: { teams: { webhookUrl: 'http://192.168.0.1/x' } } }, 'channels.teams.webhookUrl'],
    [{ channels: { webhook: { url: 'file:///etc/passwd' } } }, 'channels.webhook.url'],
    [{ phone: '1' }, 'phone'],
  ])('%j is refused', async (fields, path) => {
    const { status, body } = await call('POST', '', { id: 'refused', ...fields });
    expect({ status, paths: errorsOf(body).map((one) => one.path) }).toEqual({ status: 400, paths: [path] });
    expect((await call('GET', '/refused')).status).toBe(404);
  });
});

describe('its channels', () => {
  it('are sealed, and shown as where they lead', async () => {
    const { body } = await call('POST', '', { id: 'chat', channels });
    expect(body.channels).toEqual(masked);
    expect((await call('GET', '')).text).not.toContain(SECRET);
    expect(JSON.parse(await sealedOf('chat'))).toEqual(channels);
  });

  it('change one by one, and a mask stands for the URL that is there', async () => {
    const teams = { webhookUrl: 'https://other.example.com/y' };
    const { body } = await call('PATCH', '/chat', { channels: { ...masked, teams, webhook: null } });
    expect(body.channels).toEqual({ slack: masked.slack, teams: { webhookUrl: 'https://other.example.com/…' } });
    expect(JSON.parse(await sealedOf('chat'))).toEqual({ slack: channels.slack, teams });
    await call('PATCH', '/chat', { name: 'Chat' });
    expect(JSON.parse(await sealedOf('chat'))).toEqual({ slack: channels.slack, teams });
    const typo = await call('PATCH', '/chat', { channels: { slack: { ...masked.slack, chanel: 'x' } } });
    expect(errorsOf(typo.body)).toMatchObject([{ path: 'channels.slack.chanel' }]);
    await call('PATCH', '/chat', { channels: { slack: { channel: '#ops' }, teams: null } });
    expect((await call('GET', '/chat')).body.channels).toEqual({ slack: { channel: '#ops' } });
    expect(await sealedOf('chat')).toBe('');
  });

  it('and the person stand neither in the audit log nor in the log', async () => {
    await call('POST', '', { id: 'quiet', email: 'quiet-person@example.org', channels });
    await call('PATCH', '/quiet', { email: 'quiet-person@example.com', channels });
    await call('POST', '', { id: 'quiet', email: 'quiet-person@example.org', channels });
    const body = `apiVersion: iep/v1\nkind: Subscriber\nmetadata: {name: quiet}\nspec:\n  email: quiet-person@example.net\n  channels: ${JSON.stringify(channels)}\n`;
    const applied = await server.call('POST', '/v1/apply', {
      ...{ key: 'admin', body, headers: { 'content-type': 'application/yaml' } },
    });
    expect(applied.status).toBe(200);
    expect(applied.text).not.toContain(SECRET);
    const audit = await server.call('GET', '/v1/admin/audit?limit=200', { key: 'operator' });
    expect(audit.text).toContain('subscriber.set');
    for (const text of [audit.text, JSON.stringify(server.lines)]) {
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain('quiet-person');
    }
  });

  it('are compared and shown by manifests without telling them', async () => {
    const body = JSON.stringify([
      { apiVersion: 'iep/v1', kind: 'Subscriber', metadata: { name: 'declared' }, spec: { channels } },
    ]);
    const apply = () =>
      server.call('POST', '/v1/apply', { key: 'admin', body, headers: { 'content-type': 'application/json' } });
    expect((await apply()).body.items).toMatchObject([{ action: 'create' }]);
    expect((await apply()).body.items).toMatchObject([{ action: 'unchanged' }]);
    const shown = await server.call('GET', '/v1/resources/subscribers/declared', { key: 'read' });
    expect(shown.body).toMatchObject({ spec: { channels: masked } });
  });
});

describe('lists', () => {
  it('are of all, of a topic or of an address, page by page', async () => {
    for (const id of ['l1', 'l2', 'l3'])
      await call('POST', '', { id, email: `${id}@list.example`, topics: ['listed'] });
    const first = await call('GET', '?topic=listed&limit=2', undefined, 'read');
    expect((first.body.items as { id: string }[]).map(({ id }) => id)).toEqual(['l1', 'l2']);
    const second = await call('GET', `?topic=listed&limit=2&cursor=${first.body.cursor}`);
    expect(second.body).toMatchObject({ items: [{ id: 'l3' }], cursor: null });
    expect((await call('GET', '?email=l2@LIST.example')).body.items).toMatchObject([{ id: 'l2' }]);
    expect((await call('GET', '?topic=nothing')).body).toEqual({ items: [], cursor: null });
  });

  it('of a topic go with it; the subscribers stay', async () => {
    await call('POST', '', { id: 'left', topics: ['going', 'staying'] });
    expect((await server.call('DELETE', '/v1/topics/going', { key: 'rival' })).status).toBe(404);
    expect((await server.call('DELETE', '/v1/topics/going', { key: 'admin' })).status).toBe(204);
    expect((await call('GET', '/left')).body).toMatchObject({ topics: ['staying'] });
    expect((await call('GET', '?topic=going')).body.items).toEqual([]);
  });

  it('hold nothing of another tenant', async () => {
    await call('POST', '', { id: 'mine', topics: ['mine'] });
    expect((await call('GET', '', undefined, 'rival')).body.items).toEqual([]);
    expect((await call('GET', '?topic=mine', undefined, 'rival')).body.items).toEqual([]);
    for (const [method, path, json] of [
      ['GET', '/mine'],
      ['PATCH', '/mine', { name: 'x' }],
      ['DELETE', '/mine'],
      ['GET', '/mine/preferences'],
      ['PUT', '/mine/preferences', {}],
    ] as const) {
      expect((await call(method, path, json, 'rival')).status).toBe(404);
    }
  });
});

describe('files of subscribers', () => {
  const send = async (body: string, type = 'text/csv', query = '') =>
    server.call('POST', `/v1/subscribers/import${query}`, { key: 'admin', body, headers: { 'content-type': type } });

  it('are CSV, whose empty fields leave what is there', async () => {
    const csv = `id,email,name,topics,data.plan,channels.slack.webhookUrl\r\nc1,c1@x.example,"C, one",a b,pro,${channels.slack.webhookUrl}\r\nc2,,,,,\r\n`;
    expect((await send(csv)).body).toEqual({
      added: 2,
      changed: 0,
      unchanged: 0,
      refused: 0,
      errors: [],
      dryRun: false,
    });
    expect((await call('GET', '/c1')).body).toMatchObject({
      ...{ email: 'c1@x.example', name: 'C, one', topics: ['a', 'b'], data: { plan: 'pro' } },
      channels: { slack: masked.slack },
    });
    expect((await send(csv)).body).toMatchObject({ added: 0, changed: 0, unchanged: 2 });
    expect((await send('id,name\r\nc1,New\r\n')).body).toMatchObject({ changed: 1 });
    expect((await call('GET', '/c1')).body).toMatchObject({ name: 'New', email: 'c1@x.example' });
    expect(JSON.parse(await sealedOf('c1'))).toEqual({ slack: channels.slack });
  });

  it('are JSON, line by line or as a list', async () => {
    const lines = ['{"id": "n1", "locale": "de"}', '', '{"id": "n2", "topics": ["a"]}'].join('\n');
    expect((await send(lines, 'application/x-ndjson')).body).toMatchObject({ added: 2, refused: 0 });
    const list = JSON.stringify([{ id: 'n1', locale: null, name: 'N' }, { id: 'n3' }]);
    expect((await send(list, 'application/json')).body).toMatchObject({ added: 1, changed: 1 });
    expect((await call('GET', '/n1')).body).toMatchObject({ locale: null, name: 'N' });
    expect((await send('{"subscribers": [{"id": "n4"}]}', 'application/json')).body).toMatchObject({ added: 1 });
  });

  it('are told of where they are wrong, and taken in for the rest', async () => {
    const lines = ['{"id": "w1", "email": "no"}', '{"email": "a@x.example"}', 'no json', '{"id": "w2"}'].join('\n');
    const { body } = await send(lines);
    expect(body).toMatchObject({ added: 1, refused: 3 });
    expect(errorsOf(body)).toEqual([
      { path: 'line 1', message: expect.stringMatching(/^email must be an address/) },
      { path: 'line 2', message: expect.stringMatching(/^id is required/) },
      { path: 'line 3', message: 'is not a JSON object' },
    ]);
    expect((await call('GET', '/w1')).status).toBe(404);
  });

  it('may name one in several lines', async () => {
    const { body } = await send('id,name,locale\r\nd1,One,\r\nd1,,de\r\nd1,,de\r\n');
    expect(body).toMatchObject({ added: 1, changed: 1, unchanged: 1 });
    expect((await call('GET', '/d1')).body).toMatchObject({ name: 'One', locale: 'de' });
  });

  it('store nothing by a dry run', async () => {
    expect((await send('id\r\ndry\r\n', 'text/csv', '?dryRun=true')).body).toMatchObject({ added: 1, dryRun: true });
    expect((await call('GET', '/dry')).status).toBe(404);
  });

  it.each([
    ['', ''],
    ['email\r\na@x.example\r\n', 'line 1'],
    ['id,phone\r\na,1\r\n', 'line 1'],
    ['id,name,name\r\na,1,2\r\n', 'line 1'],
  ])('%j is refused', async (csv, path) => {
    const { status, body } = await send(csv);
    expect({ status, path: errorsOf(body)[0]?.path }).toEqual({ status: 400, path });
  });

  it('have any number of lines', async () => {
    const ids = Array.from({ length: 1_203 }, (_, at) => `many-${at}`);
    expect((await send(`id\r\n${ids.join('\r\n')}`)).body).toMatchObject({ added: ids.length });
  });
});

describe('preferences', () => {
  const said = {
    global: { enabled: true, channels: { email: true, slack: false } },
    categories: { billing: { enabled: true, channels: { email: false }, frequency: 'daily' } },
    types: { 'job.failed': { frequency: 'immediate' } },
    quietHours: {
      ...{ enabled: true, start: '22:00', end: '07:00', timezone: 'Europe/Berlin', days: ['mon', 'sun'] },
    },
  };

  it('are what was said last; before, all is wanted', async () => {
    await call('POST', '', { id: 'p1' });
    const none = { global: { enabled: true, channels: {} }, categories: {}, types: {}, quietHours: null };
    expect((await call('GET', '/p1/preferences', undefined, 'read')).body).toEqual(none);
    expect((await call('PUT', '/p1/preferences', said)).body).toEqual(said);
    expect((await call('GET', '/p1/preferences')).body).toEqual(said);
    await call('PATCH', '/p1', { name: 'P' });
    expect((await call('PUT', '/p1/preferences', (await call('GET', '/p1/preferences')).body)).body).toEqual(said);
    expect((await call('PUT', '/p1/preferences', {})).body).toEqual(none);
    const { status, body } = await call('PUT', '/p1/preferences', { quietHours: { enabled: false } });
    expect([status, body.quietHours]).toMatchObject([200, { enabled: false, start: '22:00', end: '07:00' }]);
    expect((await call('PUT', '/nobody/preferences', said)).status).toBe(404);
  });

  it.each([
    [{ globl: {} }, 'globl'],
    [{ global: { channels: { fax: true } } }, 'global.channels.fax'],
    [{ global: { channels: { email: 'yes' } } }, 'global.channels.email'],
    [{ global: { frequency: 'daily' } }, 'global.frequency'],
    [{ categories: { billing: { frequency: 'yearly' } } }, 'categories.billing.frequency'],
    [{ types: { x: { enable: true } } }, 'types.x.enable'],
    [{ quietHours: { start: '22:00' } }, 'quietHours.end'],
    [{ quietHours: { start: '22:00', end: '7:00' } }, 'quietHours.end'],
    [{ quietHours: { start: '24:00', end: '07:00' } }, 'quietHours.start'],
    [{ quietHours: { start: '22:00', end: '07:00', timezone: 'Mars' } }, 'quietHours.timezone'],
    [{ quietHours: { start: '22:00', end: '07:00', days: ['monday'] } }, 'quietHours.days.0'],
  ])('%j is refused', async (json, path) => {
    await call('POST', '', { id: 'p2' });
    const { status, body } = await call('PUT', '/p2/preferences', json);
    expect({ status, paths: errorsOf(body).map((one) => one.path) }).toEqual({ status: 400, paths: [path] });
  });
});
