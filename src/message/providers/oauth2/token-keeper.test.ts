/** Tokens from a local authority: how often it is asked, what is kept, and what is said where it gives none. */

import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Authority, claimsOf, client, createAuthority } from '../../../../test/authority.ts';
import { createManualClock } from '../../../../test/manual-clock.ts';
import { NoToken } from './ask.ts';
import { grantOf, type Oauth2Config, oauth2Schema } from './settings.ts';
import { createTokenKeeper, type KeptTokens } from './token-keeper.ts';

const scope = 'https://outlook.office365.com/.default';
const pair = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

let authority: Authority;
let clock: ReturnType<typeof createManualClock>;
let texts: Map<string, string>;
let kept: Required<KeptTokens>;

beforeEach(async () => {
  authority = await createAuthority({ publicKey: pair.publicKey });
  clock = createManualClock();
  texts = new Map();
  kept = {
    read: async (provider) => texts.get(provider),
    async write(provider, text) {
      texts.set(provider, text);
    },
  };
});
afterEach(() => authority.close());

const told = { user: 'noreply@example.com', defaults: {} };
const make = (given: Partial<Oauth2Config> = {}, tokens: KeptTokens | undefined = kept) =>
  createTokenKeeper(
    { clock, kept: tokens },
    'office',
    grantOf(oauth2Schema.parse({ tokenEndpoint: authority.url, ...client, scope, ...given }), told),
  );

describe('a token', () => {
  it('is asked for once for all who wait, as the client that it is for', async () => {
    const keeper = make();
    const got = await Promise.all(Array.from({ length: 20 }, () => keeper.token()));
    expect(new Set(got).size).toBe(1);
    expect(authority.asked).toEqual([
      { grant_type: 'client_credentials', client_id: client.clientId, client_secret: client.clientSecret, scope },
    ]);
    expect(keeper.secrets()).toEqual([got[0]]);
  });

  it.each([
    [3_599, 3_299],
    [600, 540],
  ])('that lives %i s is renewed after %i s', async (life, early) => {
    authority.lifeSeconds = life;
    const keeper = make();
    const first = await keeper.token();
    await clock.advance(early * 1_000 - 1);
    expect(await keeper.token()).toBe(first);
    await clock.advance(1);
    expect(await keeper.token()).not.toBe(first);
    expect(authority.asked).toHaveLength(2);
  });

  it.each([0.001, '1'])('that lives %j s by its own account is not asked for with each message', async (life) => {
    authority.instead = (response) => response.end(JSON.stringify({ access_token: 'short', expires_in: life }));
    const keeper = make();
    for (let sent = 0; sent < 8; sent += 1) {
      await keeper.token();
      await clock.advance(1_000);
    }
    expect(authority.asked).toHaveLength(1);
    await clock.advance(1_000);
    await keeper.token();
    expect(authority.asked).toHaveLength(2);
  });

  it('goes on to its end where the endpoint is away when it is to be renewed', async () => {
    const keeper = make();
    const first = await keeper.token();
    authority.instead = (response) => response.writeHead(503).end('later');
    await clock.advance(3_400_000);
    expect(await keeper.token()).toBe(first);
    await clock.advance(199_000);
    await expect(keeper.token()).rejects.toMatchObject({ isRefused: false });
    authority.instead = undefined;
    expect(await keeper.token()).not.toBe(first);
  });

  it('outlives the process, for the settings that it was made for', async () => {
    const first = await make().token();
    expect(await make().token()).toBe(first);
    expect(authority.asked).toHaveLength(1);
    expect(await make({ scope: 'another' }).token()).not.toBe(first);
    expect([...texts.values()].join()).not.toContain(client.clientSecret);
  });

  it('that was refused is asked for anew, once for all whom it was refused to', async () => {
    const keeper = make();
    const first = await keeper.token();
    const others = await Promise.all([keeper.another(first), keeper.another(first), keeper.another(first)]);
    expect(new Set(others).size).toBe(1);
    expect(await keeper.another(first)).toBe(others[0]);
    expect(await make().token()).toBe(others[0]);
    expect(authority.asked).toHaveLength(2);
    expect(keeper.secrets()).toEqual([first, others[0]]);
  });

  it('that could not be kept is used all the same, and kept at the next chance', async () => {
    let isFull = true;
    const keeper = make(
      {},
      {
        ...kept,
        write: async (...input) => {
          if (isFull) throw new Error('the disk is full');
          await kept.write(...input);
        },
      },
    );
    const token = await keeper.token();
    expect(texts.size).toBe(0);
    isFull = false;
    expect(await keeper.token()).toBe(token);
    expect(texts.size).toBe(1);
    expect(authority.asked).toHaveLength(1);
  });
});

describe('a refresh token', () => {
  it('is replaced by the one that comes back, also after a restart', async () => {
    const given = { refreshToken: authority.refreshToken() };
    await make(given).token();
    await clock.advance(3_600_000);
    const keeper = make(given);
    await keeper.token();
    expect(authority.asked.map(({ refresh_token }) => refresh_token)).toEqual(
      [0, 1].map((n) => `planted-refresh-token-${n}`),
    );
    expect(keeper.secrets()).toContain('planted-refresh-token-2');
  });

  it('is not spent where the next one cannot be kept', async () => {
    const given = { refreshToken: authority.refreshToken() };
    const first = await make(given).token();
    const reader = make(given, { read: kept.read });
    expect(await reader.token()).toBe(first);
    await clock.advance(3_600_000);
    await expect(reader.token()).rejects.toThrow('iep provider test office renews it');
    expect(authority.asked).toHaveLength(1);
  });
});

describe('a Google service account', () => {
  const serviceAccount = {
    ...{ type: 'service_account', client_email: 'iep@project.iam.gserviceaccount.com', private_key: pair.privateKey },
    private_key_id: 'f00d',
  };
  const account = (more: object = {}) => {
    const config = oauth2Schema.parse({ serviceAccount: { ...serviceAccount, token_uri: authority.url }, ...more });
    return createTokenKeeper(
      { clock },
      'workspace',
      grantOf(config, { ...told, defaults: { scope: 'https://mail.google.com/' } }),
    );
  };

  it('signs who it is and for whom it asks', async () => {
    expect(await account().token()).toBe(authority.tokens[0]);
    const [{ grant_type, assertion = '' } = {}] = authority.asked;
    expect(grant_type).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const iat = Math.floor(clock.now() / 1_000);
    expect(claimsOf(assertion)).toEqual({
      ...{ iss: serviceAccount.client_email, sub: told.user, scope: 'https://mail.google.com/', aud: authority.url },
      ...{ iat, exp: iat + 3_600 },
    });
    expect(JSON.parse(Buffer.from(assertion.split('.')[0] ?? '', 'base64url').toString())).toEqual({
      ...{ alg: 'RS256', typ: 'JWT', kid: 'f00d' },
    });
    await account({ subject: 'boss@example.com' }).token();
    expect(claimsOf(authority.asked[1]?.assertion ?? '')).toMatchObject({ sub: 'boss@example.com' });
  });
});

describe('no token', () => {
  const json = (status: number, body: unknown) => {
    authority.instead = (response) => response.writeHead(status).end(JSON.stringify(body));
  };

  it('is what a refused grant brings, with what was said, on one line', async () => {
    const error = await make({ clientSecret: 'wrong' })
      .token()
      .catch((one: unknown) => one);
    expect(error).toBeInstanceOf(NoToken);
    expect(error).toMatchObject({ isRefused: true });
    expect((error as Error).message).toMatch(
      /^127\.0\.0\.1:\d+ refuses the grant: invalid_client: AADSTS7000215: Invalid client secret provided, not 'wrong'\. Trace ID/,
    );
  });

  it.each([
    [400, { error: 'invalid_grant' }, true],
    [401, {}, true],
    [403, 'no', true],
    [404, {}, true],
    [400, { error: 'temporarily_unavailable' }, false],
    [429, { error: 'slow_down' }, false],
    [302, {}, false],
    [500, {}, false],
    [200, { access_token: 7 }, false],
    [200, { access_token: 'two\r\nlines' }, false],
    [200, null, false],
    [200, { access_token: 'x'.repeat(70_000) }, false],
    [200, { access_token: 'x'.repeat(30_000) }, false],
  ])('is what %i %j brings; refused: %s', async (status, body, isRefused) => {
    json(status, body);
    await expect(make().token()).rejects.toMatchObject({ isRefused });
  });

  it('repeats nothing of what the endpoint was shown', async () => {
    authority.instead = (response, body) =>
      response.writeHead(400).end(JSON.stringify({ error: 'no', error_description: `I saw ${body}` }));
    const error = await make({ clientSecret: 'abc8Q~planted secret' })
      .token()
      .catch((one: unknown) => one);
    const { message } = error as Error;
    expect(message).toMatch(/I saw grant_type=client_credentials&.*client_secret=\*\*\*/);
    expect(message).not.toContain('abc8Q');
  });

  it('is what an endpoint brings that is not there', async () => {
    const { url } = authority;
    await authority.close();
    await expect(make({ tokenEndpoint: url }).token()).rejects.toThrow(/gave no token: the connection was refused$/);
    authority = await createAuthority();
  });

  it('lives five minutes where nothing is said of that', async () => {
    json(200, { access_token: 'short' });
    const keeper = make();
    await keeper.token();
    await clock.advance(270_000);
    await keeper.token();
    expect(authority.asked).toHaveLength(2);
  });
});

describe('the settings', () => {
  const grant = (given: object) => grantOf(oauth2Schema.parse(given), told);

  it.each([
    ['http://login.example.com/token', false],
    ['https://user:pass@login.example.com/token', false],
    ['ftp://login.example.com/', false],
    ['login.example.com', false],
    ['https://login.example.com/token', true],
    ['http://localhost:1/token', true],
    ['http://[::1]:1/token', true],
  ])('take %s as endpoint: %s', (tokenEndpoint, taken) => {
    expect(oauth2Schema.safeParse({ tokenEndpoint }).success).toBe(taken);
  });

  it.each([
    [{}, 'needs tokenEndpoint'],
    [{ tokenEndpoint: 'https://a.example/' }, 'needs clientId and clientSecret'],
    [{ tokenEndpoint: 'https://a.example/', ...client }, 'needs scope'],
    [{ tokenEndpoint: 'https://a.example/', ...client, scope, subject: 'x' }, 'subject'],
    [{ serviceAccount: { client_email: 'a', private_key: 'b' }, clientId: 'c' }, 'takes one of them'],
    [{ serviceAccount: { client_email: 'a', private_key: 'b' }, scope }, 'cannot be read'],
  ])('%j are refused: %s', (given, why) => {
    expect(() => grant(given)).toThrow(
      expect.objectContaining({ code: 'bad_config', message: expect.stringContaining(why) }),
    );
  });
});
