/** A real login provider, certified as such, with a page for signing in: whoever gives a name is that person, with any password. */

import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration, type JWK } from 'oidc-provider';
import type { LoginProviderSettings } from '../src/core/login-provider.ts';

export interface LoginProvider {
  readonly settings: Omit<LoginProviderSettings, 'trustEmail'>;
  /** By name of a person. */
  readonly groups: Map<string, readonly string[]>;
  /** Lets people come back to that page. */
  serve(redirectUri: string): void;
  close(): Promise<void>;
}

const CLIENT = { client_id: 'iep', client_secret: 'a secret of the client' };

/** Of another site than a daemon at 127.0.0.1, as a browser has it. */
export async function startLoginProvider(roles: NonNullable<LoginProviderSettings['roles']>): Promise<LoginProvider> {
  let listener: RequestListener = (_request, response) => void response.writeHead(503).end();
  const server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const groups = new Map<string, readonly string[]>();
  return {
    settings: { name: 'company', issuer, clientId: CLIENT.client_id, clientSecret: CLIENT.client_secret, roles },
    groups,
    serve(redirectUri) {
      listener = new Provider(issuer, configurationOf(redirectUri, groups)).callback();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function configurationOf(redirectUri: string, groups: LoginProvider['groups']): Configuration {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    clients: [
      { ...CLIENT, redirect_uris: [redirectUri], response_types: ['code'], grant_types: ['authorization_code'] },
    ],
    jwks: { keys: [privateKey.export({ format: 'jwk' }) as JWK] },
    cookies: { keys: ['of a test'] },
    scopes: ['openid', 'email', 'groups'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
    pkce: { required: () => true },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    features: { devInteractions: { enabled: true } },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: async () => ({
        ...{ sub: id, email: `${id}@example.com`, email_verified: true },
        groups: [...(groups.get(id) ?? [])],
      }),
    }),
    // Nobody is asked whether they agree.
    async loadExistingGrant({ oidc: { provider, client, session } }) {
      const { accountId } = session ?? {};
      if (client === undefined || accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId });
      grant.addOIDCScope('openid email groups');
      await grant.save();
      return grant;
    },
  };
}
