/** The second factor and passkeys over HTTP: set up, shown, good once, and what nobody gets who knows the password alone. */

import { Secret, TOTP } from 'otpauth';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthenticator } from '../../test/authenticator.ts';
import { createManualClock, type ManualClock } from '../../test/manual-clock.ts';
import { type Body, startServer, type TestServer } from '../http/http.testing.ts';
import { signedInAs, type TestPerson } from '../http/people.testing.ts';

const PASSWORD = 'three blue kettles';
const EMAIL = 'ada@example.com';
const MINUTE = 60_000;

let clock: ManualClock;
let server: TestServer;
let isRequired: boolean;
beforeEach(async () => {
  clock = createManualClock(Date.now());
  isRequired = false;
  server = await startServer({ clock, overrides: { secondFactorRequired: () => isRequired } });
});
afterEach(() => server.close());

const codeAt = (secret: string, at = clock.now()) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at });
const login = (given: object) => server.call('POST', '/v1/session', { json: { email: EMAIL, ...given } });
const own = (person: TestPerson, method: string, path: string, json?: object) =>
  server.call(method, `/v1/session${path}`, { headers: person.headers, ...(json && { json }) });

/** The same person, with the cookie that an answer set. */
async function renewed(person: TestPerson, answered: { headers: Headers }): Promise<TestPerson> {
  const cookie = answered.headers.get('set-cookie')?.split(';')[0] ?? person.cookie;
  const { body } = await server.call('GET', '/v1/session', { headers: { cookie } });
  return { cookie, headers: { ...person.headers, cookie, 'x-iep-csrf': String(body.csrf) } };
}

async function withTotp(role: 'owner' | 'viewer' = 'owner') {
  const first = await signedInAs(server, { email: EMAIL, role }, PASSWORD);
  const { secret, uri } = (await own(first, 'POST', '/totp')).body as { secret: string; uri: string };
  const answer = await own(first, 'POST', '/totp/confirm', { totp: codeAt(secret) });
  const { recoveryCodes = [] } = answer.body as { recoveryCodes?: string[] };
  return { answer, first, person: await renewed(first, answer), secret, uri, recoveryCodes };
}

async function withPasskey() {
  const first = await signedInAs(server, { email: EMAIL, role: 'owner' }, PASSWORD);
  const { port } = new URL(server.url);
  const site = { hostname: '127.0.0.1', origin: `http://127.0.0.1:${port}` };
  const authenticator = createAuthenticator(site);
  const options = await optionsOf(first, '/passkeys/options');
  const credential = authenticator.make({ options });
  const answer = await own(first, 'POST', '/passkeys', { name: 'Laptop', credential });
  return { answer, first, site, authenticator, credential, person: await renewed(first, answer) };
}

async function optionsOf(person: TestPerson | undefined, path: string): Promise<Body & { challenge: string }> {
  const init = person === undefined ? {} : { headers: person.headers };
  return (await server.call('POST', `/v1/session${path}`, init)).body as Body & { challenge: string };
}

describe('TOTP', () => {
  it('counts from its first code on, which tells ten recovery codes', async () => {
    const first = await signedInAs(server, { email: EMAIL, role: 'owner' }, PASSWORD);
    const { secret, uri } = (await own(first, 'POST', '/totp')).body as { secret: string; uri: string };
    expect(uri).toMatch(/^otpauth:\/\/totp\/IEP%20127\.0\.0\.1:ada%40example\.com\?/);
    expect((await login({ password: PASSWORD })).status).toBe(204);
    const wrong = await own(first, 'POST', '/totp/confirm', { totp: '000000' });
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ path: 'totp' }] } });
    const right = await own(first, 'POST', '/totp/confirm', { totp: codeAt(secret) });
    expect(right.status).toBe(200);
    expect(new Set(right.body.recoveryCodes as string[]).size).toBe(10);
    const person = await renewed(first, right);
    expect((await own(person, 'GET', '')).body).toMatchObject({
      factors: { totp: true, recoveryCodes: 10, passkeys: 0 },
      factorAt: new Date(clock.now()).toISOString(),
    });
    expect((await own(person, 'POST', '/totp')).body).toMatchObject({ code: 'conflict' });
  });

  it('ends the sessions that did not show it', async () => {
    const first = await signedInAs(server, { email: EMAIL, role: 'owner' }, PASSWORD);
    const other = (await login({ password: PASSWORD })).headers.get('set-cookie')?.split(';')[0] ?? '';
    const { secret } = (await own(first, 'POST', '/totp')).body as { secret: string };
    await own(first, 'POST', '/totp/confirm', { totp: codeAt(secret) });
    expect((await server.call('GET', '/v1/session', { headers: { cookie: other } })).status).toBe(401);
    expect((await own(first, 'GET', '')).status).toBe(401);
  });

  it('is asked for once the password is right, and takes each code once', async () => {
    const { secret } = await withTotp();
    await clock.advance(MINUTE);
    expect(await login({ password: PASSWORD })).toMatchObject({ status: 401, body: { code: 'second_factor_needed' } });
    expect(await login({ password: 'not the password' })).toMatchObject({ body: { code: 'login_failed' } });
    const totp = codeAt(secret);
    expect(await login({ password: PASSWORD, totp })).toMatchObject({ status: 204 });
    expect(await login({ password: PASSWORD, totp })).toMatchObject({ status: 401, body: { code: 'login_failed' } });
    const [early, late, far] = [-30_000, 30_000, 90_000].map((by) => codeAt(secret, clock.now() + by));
    expect(await login({ password: PASSWORD, totp: early })).toMatchObject({ body: { code: 'login_failed' } });
    expect(await login({ password: PASSWORD, totp: far })).toMatchObject({ body: { code: 'login_failed' } });
    expect(await login({ password: PASSWORD, totp: late })).toMatchObject({ status: 204 });
  });

  it('does not take the code by which it was set up for a login', async () => {
    const { secret } = await withTotp();
    expect(await login({ password: PASSWORD, totp: codeAt(secret) })).toMatchObject({ status: 401 });
  });

  it('counts wrong codes as wrong logins', async () => {
    await withTotp();
    const answers: number[] = [];
    for (let at = 0; at < 11; at += 1) {
      answers.push((await untilAnswered(login({ password: PASSWORD, totp: '000000' }))).status);
    }
    expect(answers.slice(0, 3)).toEqual([401, 401, 401]);
    expect(answers.at(-1)).toBe(429);
  });

  it('has recovery codes in its site, each good once, however it is typed', async () => {
    const { recoveryCodes } = await withTotp();
    const [one = '', two = ''] = recoveryCodes;
    expect(await login({ password: PASSWORD, totp: one.toUpperCase().replaceAll('-', ' ') })).toMatchObject({
      status: 204,
    });
    expect(await login({ password: PASSWORD, totp: one })).toMatchObject({ status: 401 });
    expect(await login({ password: PASSWORD, totp: two })).toMatchObject({ status: 204 });
  });

  it('gives new recovery codes in site of the old', async () => {
    const { person, recoveryCodes } = await withTotp();
    const { body } = await own(person, 'POST', '/recovery-codes');
    expect(body.recoveryCodes).toHaveLength(10);
    expect(await login({ password: PASSWORD, totp: recoveryCodes[0] })).toMatchObject({ status: 401 });
    const [anew] = body.recoveryCodes as string[];
    expect(await login({ password: PASSWORD, totp: anew })).toMatchObject({ status: 204 });
  });

  it('keeps neither secret nor codes in the clear, and tells nobody of them', async () => {
    const { secret, recoveryCodes } = await withTotp();
    const kept = await server.store.factors.totp({ userId: (await server.store.people.users({}))[0]?.id ?? '' });
    expect(kept?.secret).toMatch(/^v1\./);
    const told = JSON.stringify([
      server.lines,
      (await server.call('GET', '/v1/admin/audit?limit=100', { key: 'operator' })).body,
    ]);
    for (const text of [secret, ...recoveryCodes, codeAt(secret)]) expect(told).not.toContain(text);
  });

  it('is removed by the person, who shows it before', async () => {
    const { secret, person } = await withTotp();
    await clock.advance(15 * MINUTE);
    expect((await own(person, 'DELETE', '/totp')).body).toMatchObject({ code: 'login_too_old' });
    const byPassword = await own(person, 'POST', '/factor', { password: PASSWORD });
    expect(byPassword).toMatchObject({ status: 401, body: { code: 'second_factor_needed' } });
    const shown = await own(person, 'POST', '/factor', { totp: codeAt(secret) });
    expect(shown.status).toBe(204);
    const again = await renewed(person, shown);
    expect((await own(again, 'DELETE', '/totp')).status).toBe(204);
    expect((await own(again, 'DELETE', '/totp')).status).toBe(404);
    expect((await login({ password: PASSWORD })).status).toBe(204);
  });

  it('goes with a reset by the operator, who is told', async () => {
    await withTotp('viewer');
    const { body } = await server.call('POST', `/v1/users/${EMAIL}/reset`, { key: 'operator' });
    expect(body).toMatchObject({
      removed: { totp: true, recoveryCodes: 10, passkeys: 0 },
      factors: { totp: false, recoveryCodes: 0, passkeys: 0 },
    });
    const token = String((body.link as Body).url).split('#')[1];
    await server.call('POST', '/v1/session/link', { json: { token, password: PASSWORD } });
    expect((await login({ password: PASSWORD })).status).toBe(204);
  }, 20_000);
});

describe('a passkey', () => {
  it('signs in without address and password', async () => {
    const { answer, authenticator } = await withPasskey();
    expect(answer).toMatchObject({ status: 201, body: { name: 'Laptop', usedAt: null } });
    const options = await optionsOf(undefined, '/passkey/options');
    const { response, ...others } = authenticator.show({ options });
    const credential = { ...others, response: { ...response, userHandle: null } };
    const shown = await server.call('POST', '/v1/session/passkey', { json: { credential } });
    expect(shown.status).toBe(204);
    const cookie = shown.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect((await server.call('GET', '/v1/session', { headers: { cookie } })).body).toMatchObject({
      user: { email: EMAIL },
      factors: { passkeys: 1 },
    });
    const twice = await server.call('POST', '/v1/session/passkey', { json: { credential } });
    expect(twice).toMatchObject({ status: 401, body: { code: 'login_failed' } });
  });

  it.each([
    ['of another page', { origin: 'https://evil.example' }],
    ['without a verified user', { verified: false }],
    ['of another user', { userHandle: Buffer.from('somebody else').toString('base64url') }],
    ['that is unknown', { unknown: true }],
    ['with a challenge that is not ours', { options: { challenge: 'AAAA' } }],
  ])('%s is refused', async (_name, change) => {
    const { authenticator } = await withPasskey();
    const options = await optionsOf(undefined, '/passkey/options');
    const shown = authenticator.show({ options, ...change });
    const credential = 'unknown' in change ? { ...shown, id: 'AAAA', rawId: 'AAAA' } : shown;
    const answer = await server.call('POST', '/v1/session/passkey', { json: { credential } });
    expect(answer).toMatchObject({ status: 401, body: { code: 'login_failed' } });
  });

  it('is refused once the challenge has ended, or where that was for something else', async () => {
    const { authenticator, person } = await withPasskey();
    const show = async (options: { challenge: string }) =>
      (await server.call('POST', '/v1/session/passkey', { json: { credential: authenticator.show({ options }) } }))
        .status;
    expect(await show(await optionsOf(person, '/factor/options'))).toBe(401);
    const options = await optionsOf(undefined, '/passkey/options');
    await clock.advance(5 * MINUTE);
    expect(await show(options)).toBe(401);
  });

  it('is refused when its counter goes back, as that of a copy does', async () => {
    const { authenticator } = await withPasskey();
    const show = async (counter: number) => {
      const options = await optionsOf(undefined, '/passkey/options');
      const credential = authenticator.show({ options, counter });
      return (await server.call('POST', '/v1/session/passkey', { json: { credential } })).status;
    };
    expect([await show(7), await show(7), await show(8)]).toEqual([204, 401, 204]);
  });

  it('is not taken where it answers no offer, or one twice', async () => {
    const { person, site, credential } = await withPasskey();
    const again = await own(person, 'POST', '/passkeys', { name: 'Again', credential });
    expect(again).toMatchObject({ status: 400, body: { errors: [{ path: 'credential' }] } });
    const other = createAuthenticator(site);
    for (const change of [
      { verified: false },
      { origin: 'https://evil.example' },
      { options: { challenge: 'AAAA' } },
    ]) {
      const options = await optionsOf(person, '/passkeys/options');
      const made = other.make({ options, ...change });
      expect((await own(person, 'POST', '/passkeys', { name: 'Other', credential: made })).status).toBe(400);
    }
  });

  it('is what the person shows again before something dangerous, and not the password', async () => {
    const { person, authenticator } = await withPasskey();
    await clock.advance(15 * MINUTE);
    const makeKey = (by: TestPerson) =>
      server.call('POST', '/v1/admin/keys', { headers: by.headers, json: { scopes: ['operator'] } });
    expect((await makeKey(person)).body).toMatchObject({ code: 'login_too_old' });
    expect((await own(person, 'POST', '/factor', { password: PASSWORD })).status).toBe(401);
    const options = await optionsOf(person, '/factor/options');
    const shown = await own(person, 'POST', '/factor', { credential: authenticator.show({ options }) });
    expect(shown.status).toBe(204);
    expect((await makeKey(await renewed(person, shown))).status).toBe(201);
  });

  it('is listed by its name, and removed by its owner alone', async () => {
    const { person, authenticator } = await withPasskey();
    expect((await own(person, 'GET', '/passkeys')).body).toMatchObject({ items: [{ name: 'Laptop' }] });
    const eve = await signedInAs(server, { email: 'eve@example.com', role: 'owner' }, PASSWORD);
    expect((await own(eve, 'DELETE', `/passkeys/${authenticator.id}`)).status).toBe(404);
    expect((await own(eve, 'GET', '/passkeys')).body).toMatchObject({ items: [] });
    expect((await own(person, 'DELETE', `/passkeys/${authenticator.id}`)).status).toBe(204);
  });

  it('keeps who knows the password alone from adding a factor', async () => {
    await withPasskey();
    const answer = await login({ password: PASSWORD });
    const thief = await renewed({ cookie: '', headers: { origin: server.url } }, answer);
    expect((await own(thief, 'POST', '/totp')).body).toMatchObject({ code: 'login_too_old' });
    expect((await own(thief, 'POST', '/passkeys/options')).body).toMatchObject({ code: 'login_too_old' });
    expect((await own(thief, 'PUT', '/password', { password: 'four green kettles' })).body).toMatchObject({
      code: 'login_too_old',
    });
  });
});

describe('where a second factor is asked for', () => {
  beforeEach(() => {
    isRequired = true;
  });

  it('somebody without one may set it up, and nothing else', async () => {
    const first = await signedInAs(server, { email: EMAIL, role: 'owner' }, PASSWORD);
    expect((await own(first, 'GET', '')).body).toMatchObject({ secondFactorMissing: true });
    for (const path of ['/v1/admin/tenants', '/v1/messages', '/v1/sessions', '/v1/users']) {
      const refused = await server.call('GET', path, { headers: first.headers });
      expect(refused).toMatchObject({ status: 403, body: { code: 'second_factor_required' } });
    }
    const { secret } = (await own(first, 'POST', '/totp')).body as { secret: string };
    const answer = await own(first, 'POST', '/totp/confirm', { totp: codeAt(secret) });
    const person = await renewed(first, answer);
    expect((await own(person, 'GET', '')).body).toMatchObject({ secondFactorMissing: false });
    expect((await server.call('GET', '/v1/admin/tenants', { headers: person.headers })).status).toBe(200);
  });

  it('somebody who removes it is asked for it again', async () => {
    const { person } = await withTotp();
    expect((await own(person, 'DELETE', '/totp')).status).toBe(204);
    expect((await own(person, 'GET', '')).body).toMatchObject({ secondFactorMissing: true });
    const refused = await server.call('GET', '/v1/admin/tenants', { headers: person.headers });
    expect(refused.body).toMatchObject({ code: 'second_factor_required' });
  });

  it('keys go on as before', async () => {
    expect((await server.call('GET', '/v1/admin/tenants', { key: 'operator' })).status).toBe(200);
  });
});

it('a person changes the own password, which ends the other sessions', async () => {
  const person = await signedInAs(server, { email: EMAIL, role: 'viewer' }, PASSWORD);
  const other = (await login({ password: PASSWORD })).headers.get('set-cookie')?.split(';')[0] ?? '';
  expect((await own(person, 'PUT', '/password', { password: 'short' })).status).toBe(400);
  expect((await own(person, 'PUT', '/password', { password: 'four green kettles' })).status).toBe(204);
  expect((await own(person, 'GET', '')).status).toBe(200);
  expect((await server.call('GET', '/v1/session', { headers: { cookie: other } })).status).toBe(401);
  expect((await login({ password: PASSWORD })).status).toBe(401);
  expect((await login({ password: 'four green kettles' })).status).toBe(204);
});

/** The password is hashed in real time, the answer held back in the clock's. */
async function untilAnswered<T>(asked: Promise<T>): Promise<T> {
  let isAnswered = false;
  const answered = asked.finally(() => {
    isAnswered = true;
  });
  while (!isAnswered) await clock.advance(4);
  return answered;
}
