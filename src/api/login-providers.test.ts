/** Signing in at a login provider, over HTTP: who gets in as whom, and every lie that an answer may hold. */

import { createHash, createHmac, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ForgedIssuer, startForgedIssuer } from '../../test/forged-issuer.ts';
import { createManualClock } from '../../test/manual-clock.ts';
import type { RolesByClaim } from '../core/login-provider.ts';
import { startServer, type TestServer } from '../http/http.testing.ts';
import { signedInAs } from '../http/people.testing.ts';

const roles: RolesByClaim = {
  claim: 'groups',
  map: {
    ops: 'operator',
    support: 'viewer',
    shop: { tenant: 'acme', role: 'sender' },
    gone: { tenant: 'gone', role: 'admin' },
  },
};
const PASSWORD = 'three blue kettles';

let issuer: ForgedIssuer;
let server: TestServer;
let person = 0;
const clock = createManualClock();
beforeAll(async () => {
  issuer = await startForgedIssuer({ roles });
  const { roles: _, ...plain } = issuer.settings;
  server = await startServer({
    loginProviders: [issuer.settings, { ...plain, name: 'plain', trustEmail: true }],
    clock,
  });
});
beforeEach(async () => {
  // What was discovered, and wrong logins, are forgotten by then.
  await clock.advance(2 * 3_600_000);
  person += 1;
  Object.assign(issuer, { asked: [], answers: {}, userInfo: {} });
  issuer.claims = { sub: `person ${person}`, email: emailNow(), email_verified: true, groups: ['ops'] };
});
afterAll(async () => {
  await server.close();
  await issuer.close();
});

/** Each test has a person of its own. */
const emailNow = () => `ada-${person}@example.com`;
const cookieOf = (headers: Headers) => headers.get('set-cookie')?.split(';')[0] ?? '';

async function begin(json: object = {}, name = 'company') {
  const { status, body, headers } = await server.call('POST', `/v1/session/providers/${name}/begin`, { json });
  return { status, url: String(body.url), cookie: cookieOf(headers), body };
}

const finish = (returned: string, cookie: string, name = 'company') =>
  server.call('POST', `/v1/session/providers/${name}`, { json: { returned }, headers: { cookie } });

async function signIn(change: (returned: string) => string = (returned) => returned, name = 'company') {
  const { url, cookie } = await begin({}, name);
  return finish(change(issuer.visit(url)), cookie, name);
}

async function signedIn(name = 'company') {
  const { status, headers, body } = await signIn(undefined, name);
  if (status !== 204) throw new Error(JSON.stringify(body));
  const cookie = cookieOf(headers);
  const session = await server.call('GET', '/v1/session', { headers: { cookie } });
  return {
    cookie,
    session: session.body,
    writing: { cookie, origin: server.url, 'x-iep-csrf': String(session.body.csrf) },
  };
}

/** Of the person of this test, newest first. */
async function audited() {
  const { body } = await server.call('GET', '/v1/admin/audit?limit=100', { key: 'operator' });
  const items = body.items as { action: string; target: string; actor: object }[];
  return items.filter(({ target }) => target === emailNow());
}

describe('who comes back', () => {
  it('is added with the roles of the claim, found again, and stands in the audit log', async () => {
    const { session } = await signedIn();
    expect(session).toMatchObject({
      user: { email: emailNow(), roles: ['operator'], tenants: [] },
      ...{ hasPassword: false, loginProviders: ['company', 'plain'], factorAt: null },
    });
    await signedIn();
    const user = await server.call('GET', `/v1/users/${emailNow()}`, { key: 'operator' });
    expect(user.body).toMatchObject({ issuers: [issuer.settings.issuer] });
    const sessions = await server.call('GET', '/v1/sessions', { headers: { cookie: (await signedIn()).cookie } });
    expect(sessions.body.items).toMatchObject([{ way: 'company', factor: 'provider' }, {}, {}]);
    expect((await audited()).map(({ action }) => action)).toEqual([
      ...['session.begin', 'session.begin', 'session.begin', 'user.add'],
    ]);
  });

  it('is a member of the tenants that there are', async () => {
    issuer.claims.groups = ['shop', 'gone'];
    const { session } = await signedIn();
    expect(session.user).toMatchObject({ roles: [], tenants: [{ tenant: 'acme', role: 'sender' }] });
  });

  it('has other rights at once where the claim is another, and none where it is gone', async () => {
    const { cookie } = await signedIn();
    issuer.claims.groups = ['support'];
    expect((await signedIn()).session.user).toMatchObject({ roles: ['viewer'] });
    expect((await server.call('GET', '/v1/session', { headers: { cookie } })).status).toBe(401);
    const last = await signedIn();
    issuer.claims.groups = [];
    expect(await signIn()).toMatchObject({ status: 403, body: { detail: expect.stringContaining('no role here') } });
    expect((await server.call('GET', '/v1/session', { headers: { cookie: last.cookie } })).status).toBe(401);
    expect(await audited()).toContainEqual(
      expect.objectContaining({ action: 'user.set', actor: expect.objectContaining({ id: 'login provider' }) }),
    );
  });

  it.each([7, true, { ops: true }, [['ops']], null, '__proto__'])('has no role by the claim %j', async (groups) => {
    issuer.claims.groups = groups;
    expect(await signIn()).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it('may be told more of by the UserInfo endpoint, which answers for the same person', async () => {
    const { sub } = issuer.claims;
    issuer.claims = { sub };
    issuer.userInfo = { sub, email: emailNow(), email_verified: true, groups: 'ops' };
    expect((await signedIn()).session.user).toMatchObject({ email: emailNow(), roles: ['operator'] });
    issuer.userInfo.sub = 'eve';
    expect(await signIn()).toMatchObject({ status: 401 });
  });

  it('is asked for a claim as a scope where the provider offers that', async () => {
    expect(new URL((await begin()).url).searchParams.get('scope')).toBe('openid email groups');
  });

  it('needs an address that is vouched for, once', async () => {
    issuer.claims.email_verified = false;
    expect(await signIn()).toMatchObject({ status: 403, body: { detail: expect.stringContaining('vouch') } });
    issuer.claims.email_verified = true;
    await signedIn();
    issuer.claims.email_verified = false;
    expect((await signedIn()).session.user).toMatchObject({ email: emailNow() });
  });

  it('takes over no account that somebody uses, and joins one that nobody has used', async () => {
    await signedInAs(server, { email: emailNow(), role: 'viewer' }, PASSWORD);
    expect(await signIn()).toMatchObject({
      status: 409,
      body: { code: 'conflict', hint: expect.stringContaining(`iep user reset ${emailNow()}`) },
    });
    await server.call('POST', `/v1/users/${emailNow()}/reset`, { key: 'operator' });
    expect((await signedIn()).session.user).toMatchObject({ email: emailNow(), roles: ['operator'] });
    expect(await audited()).toContainEqual(expect.objectContaining({ action: 'user.join' }));
  });
});

it('without a map of roles only those come in whom somebody added, by an address that the operator trusts', async () => {
  const { sub } = issuer.claims;
  issuer.claims = { sub, email: emailNow().toUpperCase(), groups: ['ops'] };
  expect(await signIn(undefined, 'plain')).toMatchObject({
    status: 403,
    body: { detail: expect.stringContaining('no role here') },
  });
  await server.call('POST', '/v1/users', { key: 'operator', json: { email: emailNow(), role: 'viewer' } });
  expect((await signedIn('plain')).session.user).toMatchObject({ email: emailNow(), roles: ['viewer'] });
});

describe('an answer that lies', () => {
  it.each([
    ['another nonce', { nonce: 'another' }],
    ['no nonce', { nonce: undefined }],
    ['another audience', { aud: 'another' }],
    ['more audiences, and another that was authorized', { aud: ['iep', 'another'], azp: 'another' }],
    ['another issuer', { iss: 'https://another.example' }],
    ['an end that is over', { exp: 1 }],
    ['no subject', { sub: undefined }],
    ['a subject that is a number', { sub: 7 }],
  ])('with %s is refused', async (_name, claims) => {
    Object.assign(issuer.claims, claims);
    expect(await signIn()).toMatchObject({ status: 401, body: { code: 'login_failed' } });
    expect((await server.call('GET', `/v1/users/${emailNow()}`, { key: 'operator' })).status).toBe(404);
  });

  it('with a signature of another key is refused', async () => {
    const { key } = issuer;
    issuer.key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    expect(await signIn()).toMatchObject({ status: 401, body: { code: 'login_failed' } });
    issuer.key = key;
  });

  it.each([
    ['another state', (text: string) => text.replace(/state=[^&]*/, 'state=another')],
    ['no state', (text: string) => text.replace(/state=[^&]*/, '')],
    ['two states', (text: string) => `${text}&${text}`],
    ['no code', (text: string) => text.replace(/code=[^&]*&/, '')],
    ['a code that is unknown', (text: string) => text.replace(/code=[^&]*/, 'code=guessed')],
    ['another issuer', (text: string) => `${text}&iss=https%3A%2F%2Fanother.example`],
    ['nothing at all', () => ''],
  ])('comes back with %s and is refused', async (_name, change) => {
    expect(await signIn(change)).toMatchObject({ status: 401, body: { code: 'login_failed' } });
  });

  it('is refused with the cookie of another login, with none, and the second time', async () => {
    const [mine, theirs] = [await begin(), await begin()];
    const returned = issuer.visit(mine.url);
    for (const cookie of [theirs.cookie, '', 'iep_login=']) expect((await finish(returned, cookie)).status).toBe(401);
    expect((await finish(returned, mine.cookie)).status).toBe(204);
    expect((await finish(returned, mine.cookie)).status).toBe(401);
  });

  it('is refused where a stranger made it for a browser that asked for no login', async () => {
    const make = (what: string) => createHmac('sha256', '').update(`${what} sign-in company`).digest('base64url');
    const forged = new URL((await begin()).url);
    forged.searchParams.set('state', `${make('state')}.sign-in`);
    forged.searchParams.set('nonce', make('nonce'));
    forged.searchParams.set('code_challenge', createHash('sha256').update(make('verifier')).digest('base64url'));
    for (const cookie of ['', 'iep_login=', 'iep_login=x'])
      expect((await finish(issuer.visit(forged.href), cookie)).status).toBe(401);
  });

  it('is told apart from what the provider says no to, in its words', async () => {
    const { url, cookie } = await begin();
    const state = new URL(url).searchParams.get('state') ?? '';
    const denied = await finish(`error=access_denied&error_description=x&state=${encodeURIComponent(state)}`, cookie);
    expect(denied).toMatchObject({ status: 401, body: { detail: 'company did not sign you in: access_denied' } });
  });

  it('may not come from a page elsewhere', async () => {
    const { url, cookie } = await begin();
    const headers = { cookie, origin: 'https://evil.example' };
    const json = { returned: issuer.visit(url) };
    expect(await server.call('POST', '/v1/session/providers/company', { json, headers })).toMatchObject({
      status: 403,
    });
  });
});

describe('a provider', () => {
  it('is told by name, and no other', async () => {
    expect((await server.call('GET', '/v1/session/providers')).body).toEqual({
      items: [{ name: 'company' }, { name: 'plain' }],
    });
    expect((await begin({}, 'another')).status).toBe(404);
    expect((await finish('code=1', '', 'another')).status).toBe(404);
  });

  it.each([
    ['fails', 503, (response: import('node:http').ServerResponse) => void response.writeHead(500).end()],
    [
      'is another one',
      401,
      (response) => void response.writeHead(200, json).end('{"issuer":"https://another.example"}'),
    ],
    ['answers no JSON', 503, (response) => void response.writeHead(200, json).end('<html>')],
    ['answers without end', 503, (response) => void response.writeHead(200, json).end(`"${'x'.repeat(2_000_000)}"`)],
    ['leads elsewhere', 503, (response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['breaks off', 503, (response) => void response.destroy()],
  ] as const satisfies readonly [string, number, NonNullable<ForgedIssuer['answers']['token']>][])(
    'that %s lets nobody in, and is asked anew the next time',
    async (_name, atTheEnd, instead) => {
      issuer.answers.discovery = instead;
      expect(await begin()).toMatchObject({ status: 503, body: { code: 'login_provider_unavailable' } });
      issuer.answers = {};
      const { url, cookie } = await begin();
      issuer.answers.token = instead;
      expect((await finish(issuer.visit(url), cookie)).status).toBe(atTheEnd);
      issuer.answers = {};
      expect((await signIn()).status).toBe(204);
      expect(JSON.stringify(server.lines)).not.toContain(issuer.settings.clientSecret);
    },
  );

  it('is discovered once for all who wait', async () => {
    await Promise.all([begin(), begin(), begin()]);
    expect(issuer.asked.filter((one) => one === 'discovery')).toHaveLength(1);
  });
});

const json = { 'content-type': 'application/json' };

describe('before something dangerous', () => {
  const nowSeconds = () => Math.floor(Date.now() / 1_000);
  const addKey = (headers: Record<string, string>) =>
    server.call('POST', '/v1/admin/keys', { json: { scopes: ['operator'] }, headers });
  async function again(headers: Record<string, string>, claims: object = {}) {
    const { url, cookie } = await begin({ again: true });
    expect(url).toMatch(/prompt=login/);
    expect(url).toMatch(/max_age=0/);
    Object.assign(issuer.claims, claims);
    const login = { provider: 'company', returned: issuer.visit(url) };
    const cookies = { ...headers, cookie: `${headers.cookie}; ${cookie}` };
    return server.call('POST', '/v1/session/factor', { json: { login }, headers: cookies });
  }

  it('the person signs in at the provider anew, who says when that was', async () => {
    const { writing } = await signedIn();
    expect(await addKey(writing)).toMatchObject({ status: 403, body: { code: 'login_too_old' } });
    expect((await again(writing)).status).toBe(401);
    expect((await again(writing, { auth_time: nowSeconds() - 3_600 })).status).toBe(401);
    const shown = await again(writing, { auth_time: nowSeconds() });
    expect(shown.status).toBe(204);
    const cookie = cookieOf(shown.headers);
    const { body } = await server.call('GET', '/v1/session', { headers: { cookie } });
    expect((await addKey({ ...writing, cookie, 'x-iep-csrf': String(body.csrf) })).status).toBe(201);
  });

  it('nobody else may come back from there', async () => {
    const { writing } = await signedIn();
    expect((await again(writing, { sub: 'eve', auth_time: nowSeconds() })).status).toBe(401);
  });

  it('the answer to a login is not that to a second one', async () => {
    const { writing } = await signedIn();
    const { url, cookie } = await begin();
    issuer.claims.auth_time = nowSeconds();
    const login = { provider: 'company', returned: issuer.visit(url) };
    const headers = { ...writing, cookie: `${writing.cookie}; ${cookie}` };
    expect((await server.call('POST', '/v1/session/factor', { json: { login }, headers })).status).toBe(401);
  });

  it('a login of just now will do', async () => {
    issuer.claims.auth_time = Math.floor(clock.now() / 1_000);
    expect((await addKey((await signedIn()).writing)).status).toBe(201);
  });
});
