/** Signing in and out over HTTP: what the cookie is, what it lets in, and what it never does. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import { startServer, type TestServer } from '../http/http.testing.ts';
import { signedInAs, signIn } from '../http/people.testing.ts';

const PASSWORD = 'three blue kettles';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const login = (email: string, password: string, headers: Record<string, string> = {}) =>
  server.call('POST', '/v1/session', { json: { email, password }, headers });

describe('a person', () => {
  it('signs in, is known, and signs out', async () => {
    await signedInAs(server, { email: 'ada@example.com', role: 'owner' }, PASSWORD);
    const answer = await login('Ada@Example.com', PASSWORD);
    expect(answer.status).toBe(204);
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^iep_session=iep_session_\w{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/);
    const headers = { cookie: cookie.split(';')[0] ?? '' };
    const { body } = await server.call('GET', '/v1/session', { headers });
    expect(body).toMatchObject({ user: { email: 'ada@example.com', roles: ['owner'], tenants: [] } });
    const writing = { ...headers, origin: server.url, 'x-iep-csrf': String(body.csrf) };
    const out = await server.call('DELETE', '/v1/session', { headers: writing });
    expect({ status: out.status, cookie: out.headers.get('set-cookie') }).toMatchObject({
      status: 204,
      cookie: expect.stringContaining('iep_session=; Path=/; Max-Age=0'),
    });
    expect((await server.call('GET', '/v1/session', { headers })).body).toMatchObject({ code: 'signed_out' });
  });

  it('is told the same for a wrong password, a wrong address and an account without a password', async () => {
    await server.deps.manage.users.add(
      { actor: { kind: 'local', id: 'jo' }, source: 'local', asked: {} },
      { email: 'new@example.com', role: 'viewer' },
    );
    await signedInAs(server, { email: 'bob@example.com', role: 'viewer' }, PASSWORD);
    const answers = await Promise.all([
      login('bob@example.com', 'not the password'),
      login('nobody@example.com', 'not the password'),
      login('new@example.com', 'not the password'),
    ]);
    const told = answers.map(({ status, body: { requestId: _, ...body } }) => JSON.stringify({ status, body }));
    expect(new Set(told).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 401, body: { code: 'login_failed' } });
  });

  it('has no more read of a login than one has', async () => {
    const answer = await login('ada@example.com', 'x'.repeat(64 * 1024));
    expect(answer).toMatchObject({ status: 413, body: { code: 'message_too_large' } });
    expect((await login('ada@example.com', 'x'.repeat(60 * 1024))).status).toBe(400);
  });

  it('loses the session it had when it signs in anew', async () => {
    const first = await signedInAs(server, { email: 'carl@example.com', role: 'viewer' }, PASSWORD);
    const second = await signIn(server, 'carl@example.com', PASSWORD, { cookie: first.cookie });
    expect(second.cookie).not.toBe(first.cookie);
    expect((await server.call('GET', '/v1/session', { headers: first.headers })).status).toBe(401);
    expect((await server.call('GET', '/v1/session', { headers: second.headers })).status).toBe(200);
  });

  it('does not take over a session that somebody else gave it', async () => {
    const given = `iep_session=iep_session_${'a'.repeat(43)}`;
    const mine = await signedInAs(server, { email: 'dan@example.com', role: 'viewer' }, PASSWORD);
    const after = await signIn(server, 'dan@example.com', PASSWORD, { cookie: given });
    expect(after.cookie).not.toBe(given);
    expect((await server.call('GET', '/v1/session', { headers: { cookie: given } })).status).toBe(401);
    expect((await server.call('GET', '/v1/session', { headers: mine.headers })).status).toBe(200);
  });

  it('sees its sessions, and ends one', async () => {
    const first = await signedInAs(server, { email: 'eve@example.com', role: 'viewer' }, PASSWORD);
    const second = await signIn(server, 'eve@example.com', PASSWORD);
    const { body } = await server.call('GET', '/v1/sessions', { headers: second.headers });
    expect(body.items).toMatchObject([{ isCurrent: true, way: 'password' }, { isCurrent: false }]);
    const [, other] = body.items as { id: string }[];
    const ended = await server.call('DELETE', `/v1/sessions/${other?.id}`, { headers: second.headers });
    expect(ended.status).toBe(204);
    expect((await server.call('GET', '/v1/session', { headers: first.headers })).status).toBe(401);
  });

  it('ends no session of another, unless it is an operator', async () => {
    const victim = await signedInAs(server, { email: 'fay@example.com', role: 'viewer' }, PASSWORD);
    const { id } = (await server.call('GET', '/v1/session', { headers: victim.headers })).body;
    const viewer = await signedInAs(server, { email: 'gil@example.com', role: 'viewer' }, PASSWORD);
    expect((await server.call('DELETE', `/v1/sessions/${id}`, { headers: viewer.headers })).status).toBe(404);
    expect((await server.call('GET', '/v1/sessions?user=fay@example.com', { headers: viewer.headers })).status).toBe(
      403,
    );
    const operator = await signedInAs(server, { email: 'hal@example.com', role: 'operator' }, PASSWORD);
    expect((await server.call('DELETE', `/v1/sessions/${id}`, { headers: operator.headers })).status).toBe(204);
    expect((await server.call('GET', '/v1/session', { headers: victim.headers })).status).toBe(401);
  });
});

describe('something dangerous', () => {
  it('wants the password again once the login is a quarter of an hour old', async () => {
    const clock = createManualClock(Date.now());
    const own = await startServer({ clock });
    const { headers } = await signedInAs(own, { email: 'a@example.com', role: 'owner' }, PASSWORD);
    const makeKey = (headers: Record<string, string>) =>
      own.call('POST', '/v1/admin/keys', { headers, json: { scopes: ['operator'] } });
    expect((await makeKey(headers)).status).toBe(201);
    await clock.advance(15 * 60_000);
    expect(await makeKey(headers)).toMatchObject({ status: 403, body: { code: 'login_too_old' } });
    expect((await own.call('GET', '/v1/admin/keys', { headers })).status).toBe(200);

    const show = (password: string) => own.call('POST', '/v1/session/factor', { headers, json: { password } });
    expect(await show('not the password')).toMatchObject({ status: 401, body: { code: 'login_failed' } });
    const shown = await show(PASSWORD);
    expect(shown.status).toBe(204);
    const cookie = shown.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect((await own.call('GET', '/v1/session', { headers })).status).toBe(401);
    const { csrf } = (await own.call('GET', '/v1/session', { headers: { cookie } })).body;
    expect((await makeKey({ ...headers, cookie, 'x-iep-csrf': String(csrf) })).status).toBe(201);
    await own.close();
  });
});

describe('a call that changes something', () => {
  it.each([
    ['without the header', (h: Record<string, string>) => ({ ...h, 'x-iep-csrf': '' })],
    ['with that of another', (h: Record<string, string>) => ({ ...h, 'x-iep-csrf': 'x'.repeat(43) })],
    ['with letters of two bytes', (h: Record<string, string>) => ({ ...h, 'x-iep-csrf': 'é'.repeat(43) })],
    ['from another page', (h: Record<string, string>) => ({ ...h, origin: 'https://evil.example' })],
    ['from a page without an origin', (h: Record<string, string>) => ({ ...h, origin: 'null' })],
    ['that does not say where it comes from', ({ origin: _, ...h }: Record<string, string>) => h],
  ])('%s is refused', async (_name, change) => {
    const email = `x${Math.random()}@example.com`;
    const { headers } = await signedInAs(server, { email, role: 'owner' }, PASSWORD);
    const json = { slug: `t${Math.random().toString(36).slice(2, 8)}` };
    const refused = await server.call('POST', '/v1/admin/tenants', { headers: change(headers), json });
    expect(refused).toMatchObject({ status: 403, body: { code: 'foreign_page' } });
    expect((await server.call('POST', '/v1/admin/tenants', { headers, json })).status).toBe(201);
  });

  it('may not be a login from another page', async () => {
    const answer = await login('ada@example.com', PASSWORD, { origin: 'https://evil.example' });
    expect(answer).toMatchObject({ status: 403, body: { code: 'foreign_page' } });
    expect(answer.headers.get('set-cookie')).toBeNull();
  });
});

it('over HTTPS the cookie is bound to the host', async () => {
  const publicUrl = 'https://mail.example.com';
  const { createOwnOrigin } = await import('./own-origin.ts');
  const own = await startServer({ overrides: { ownOrigin: createOwnOrigin(() => publicUrl) } });
  const { cookie, headers } = await signedInAs(own, { email: 'a@example.com', role: 'owner' }, PASSWORD, publicUrl);
  expect(cookie).toMatch(/^__Host-iep_session=/);
  const plain = { ...headers, cookie: cookie.replace('__Host-', '') };
  expect((await own.call('GET', '/v1/session', { headers: plain })).status).toBe(401);
  expect((await own.call('GET', '/v1/session', { headers })).status).toBe(200);
  await own.close();
});

it('a key that is sent says who calls, whatever the cookie says', async () => {
  const { headers } = await signedInAs(server, { email: 'kay@example.com', role: 'owner' }, PASSWORD);
  const { status } = await server.call('GET', '/v1/admin/tenants', { key: 'read', headers });
  expect(status).toBe(403);
});
