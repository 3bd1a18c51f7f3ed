/** Logins by token, from a local authority, to a real SMTP server that takes XOAUTH2; and that no secret of them is shown. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Authority, client, createAuthority } from '../../../../test/authority.ts';
import { createSink } from '../../../../test/sink.ts';
import { createXoauth2Server, type Xoauth2Server } from '../../../../test/xoauth2-server.ts';
import { systemClock } from '../../../core/clock.ts';
import { createStopping } from '../../../core/stop.ts';
import { createProvider } from '../index.ts';
import { parcelFor } from '../provider.suite.ts';
import type { Provider } from '../provider.ts';

const username = 'noreply@example.com';

let authority: Authority;
let server: Xoauth2Server;
const providers: Provider[] = [];

beforeEach(async () => {
  authority = await createAuthority();
});
afterEach(async () => {
  for (const provider of providers.splice(0)) await provider.close();
  await server.close();
  await authority.close();
});

const takes = (user: string, token: string) => user === username && authority.tokens.includes(token);

function provider(given: { oauth2?: object; port?: number } = {}): Provider {
  const settings = {
    ...{ type: 'smtp', host: '127.0.0.1', port: given.port ?? server.port, tls: 'none', username },
    oauth2: { tokenEndpoint: authority.url, ...client, scope: 'mail', ...given.oauth2 },
  };
  const made = createProvider('office', settings, { clock: systemClock });
  providers.push(made);
  return made;
}

const send = (by: Provider) => by.send(parcelFor(['x@example.com']), createStopping());
const outcomeOf = async (by: Provider) => [...(await send(by)).outcomes.values()][0];

it('sends over many connections with one token', async () => {
  server = await createXoauth2Server({ takes });
  const office = provider();
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => outcomeOf(office)));
  expect(outcomes.map((outcome) => outcome?.kind)).toEqual(Array(10).fill('delivered'));
  expect(server.messages).toHaveLength(10);
  expect(new Set(server.messages.map(({ user }) => user))).toEqual(new Set([username]));
  expect(authority.asked).toHaveLength(1);
  expect(await office.check()).toMatchObject({ ok: true });
});

it.each([
  ['after a challenge', true],
  ['at once', false],
])(
  'asks for another token where the mail server refuses the first %s, and tries once more',
  async (_how, challenges) => {
    server = await createXoauth2Server({ takes, challenges });
    const office = provider();
    expect(await office.check()).toMatchObject({ ok: true });
    authority.withdraw();
    const another = provider();
    expect(await another.check()).toMatchObject({ ok: true });
    expect(server.logins.map(([, token]) => token.slice(0, 22))).toEqual([
      ...['planted-access-token-1', 'planted-access-token-2'],
    ]);
    authority.withdraw();
    // The keeper still has the token that was withdrawn.
    const { close } = another;
    await close();
    expect((await outcomeOf(another))?.kind).toBe('delivered');
    expect(server.logins.map(([, token]) => token.slice(0, 22)).slice(2)).toEqual([
      ...['planted-access-token-2', 'planted-access-token-3'],
    ]);
  },
);

it.each([true, false])(
  'refuses our account where the second token is refused too; challenged: %s',
  async (challenges) => {
    server = await createXoauth2Server({ takes: () => false, challenges, says: (token) => `no, not with ${token}` });
    const office = provider();
    const { outcomes, transcript } = await send(office);
    expect([...outcomes.values()][0]).toMatchObject({ kind: 'unavailable', account: true });
    expect(server.logins).toHaveLength(2);
    expect(transcript).toContain('AUTH XOAUTH2 ***');
    const health = await office.check();
    expect(health).toMatchObject({ ok: false, account: true });
    expect(health.detail).toContain('check that username is a mailbox');
    const said = JSON.stringify([[...outcomes.values()], transcript, health]);
    for (const [, token] of server.logins) expect(said).not.toContain(token);
  },
);

it('calls a refused grant a refused account, with what was said and without the secret', async () => {
  server = await createXoauth2Server({ takes });
  const office = provider({ oauth2: { clientSecret: 'planted~wrong.Secret' } });
  const outcome = await outcomeOf(office);
  expect(outcome).toMatchObject({ kind: 'unavailable', account: true });
  expect(outcome?.reply.text).toMatch(/refuses the grant: invalid_client: AADSTS7000215: .*, not '\*\*\*'\./);
  const health = await office.check();
  expect(health).toMatchObject({ ok: false, account: true });
  expect(health.detail).toContain('Check oauth2 against what the service has');
  expect(health.detail).not.toContain('planted');
});

it('only waits where the authority is away', async () => {
  server = await createXoauth2Server({ takes });
  authority.instead = (response) => response.writeHead(503).end();
  const office = provider();
  const outcome = await outcomeOf(office);
  expect(outcome).toMatchObject({ kind: 'unavailable' });
  expect(outcome).not.toHaveProperty('account');
  expect((await office.check()).detail).toContain('Check that this machine reaches the token endpoint.');
});

it.each([
  ['a page', 200, '<html>'],
  ['an object without a token', 200, '{"__proto__":{"access_token":"x"}}'],
  ['a token that would end the line', 200, '{"access_token":"a\\r\\nRCPT TO:<x@y.example>"}'],
  ['another place', 302, ''],
])('says that what gives %s is no token endpoint', async (_what, status, body) => {
  server = await createXoauth2Server({ takes });
  authority.instead = (response) => response.writeHead(status, { location: 'http://169.254.169.254/' }).end(body);
  const { ok, detail } = await provider().check();
  expect(ok).toBe(false);
  expect(detail).toContain('Check the token endpoint that oauth2 names: what answers there gives no tokens.');
});

it('shows no token that the other side repeats, in any spelling', async () => {
  server = await createXoauth2Server({ takes });
  const sink = await createSink({ extensions: ['AUTH XOAUTH2'] });
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  sink.script(({ step }) => {
    const [token = ''] = authority.tokens;
    const echo = [
      token,
      base64(token),
      base64(`user=${username}\x01auth=Bearer ${token}\x01\x01`),
      client.clientSecret,
    ];
    return step === 'MAIL' ? `550 5.7.1 no, not with ${echo.join(' and ')}` : step === 'AUTH' ? '235 ok' : undefined;
  });
  const { outcomes, transcript } = await send(provider({ port: sink.port }));
  const [outcome] = outcomes.values();
  expect(outcome?.reply.text).toBe('550 5.7.1 no, not with *** and *** and *** and ***');
  expect(transcript).not.toContain('planted');
  expect(transcript).toMatch(/AUTH XOAUTH2 \*\*\*$/m);
  await sink.close();
});
