/** A login provider that says whatever a test has it say, with a true signature unless that is what is wrong. */

import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { LoginProviderSettings } from '../src/core/login-provider.ts';

export interface ForgedIssuer {
  readonly settings: LoginProviderSettings;
  /** Of the ID token, beside those that have to be there and in place of them. */
  claims: Record<string, unknown>;
  /** What the UserInfo endpoint tells. */
  userInfo: Record<string, unknown>;
  /** In place of the answer of an endpoint. */
  answers: Partial<Record<'discovery' | 'keys' | 'token' | 'userinfo', (response: ServerResponse) => void>>;
  /** Signs ID tokens, in place of the key that it publishes. */
  key: KeyObject;
  /** By endpoint, as they came. */
  readonly asked: string[];
  /** Somebody signs in where `url` leads; answers what stands behind `?` on the way back. */
  visit(url: string): string;
  close(): Promise<void>;
}

export async function startForgedIssuer(settings: Partial<LoginProviderSettings> = {}): Promise<ForgedIssuer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const codes = new Map<string, { nonce: string | null; challenge: string | null }>();
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clientId = 'iep';

  function idToken(nonce: string | null): string {
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: issuer, aud: clientId, sub: 'ada', iat: now, exp: now + 300, nonce, ...forged.claims };
    const body = [{ alg: 'RS256', kid: 'k' }, claims].map((part) => base64url(JSON.stringify(part))).join('.');
    return `${body}.${base64url(sign('sha256', Buffer.from(body), forged.key))}`;
  }

  async function token(request: IncomingMessage): Promise<[number, unknown]> {
    const form = new URLSearchParams(await text(request));
    const begun = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const proof = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (begun === undefined || begun.challenge !== proof) return [400, { error: 'invalid_grant' }];
    return [200, { access_token: 'access', token_type: 'Bearer', id_token: idToken(begun.nonce) }];
  }

  const endpoints: Readonly<Record<string, readonly [keyof ForgedIssuer['answers'], Answer]>> = {
    '/.well-known/openid-configuration': ['discovery', async () => [200, documentOf(issuer)]],
    '/keys': ['keys', async () => [200, { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig' }] }]],
    '/token': ['token', token],
    '/userinfo': ['userinfo', async () => [200, { sub: 'ada', ...forged.userInfo }]],
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [name, make] = endpoints[request.url ?? ''] ?? [];
    if (name === undefined || make === undefined) return void response.writeHead(404).end();
    forged.asked.push(name);
    const instead = forged.answers[name];
    if (instead !== undefined) return instead(response);
    const [status, body] = await make(request);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  const forged: ForgedIssuer = {
    settings: {
      name: 'company',
      issuer,
      clientId,
      clientSecret: 'a secret of the client',
      trustEmail: false,
      ...settings,
    },
    ...{ claims: {}, userInfo: {}, answers: {}, key: privateKey, asked: [] },
    visit(url) {
      const query = new URL(url).searchParams;
      const code = `code-${codes.size}-${Math.random()}`;
      codes.set(code, { nonce: query.get('nonce'), challenge: query.get('code_challenge') });
      return new URLSearchParams({ code, state: query.get('state') ?? '' }).toString();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return forged;
}

type Answer = (request: IncomingMessage) => Promise<[status: number, body: unknown]>;

function documentOf(issuer: string) {
  return {
    issuer,
    ...{ authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys` },
    ...{
      userinfo_endpoint: `${issuer}/userinfo`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
    },
    ...{ id_token_signing_alg_values_supported: ['RS256'], scopes_supported: ['openid', 'email', 'groups'] },
  };
}

function base64url(data: string | Uint8Array): string {
  return Buffer.from(data).toString('base64url');
}
