/**
 * A token endpoint for tests, over real HTTP: knows one client, one service account, and refresh tokens that it exchanges for others.
 * What it says has the form that Microsoft (learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow) and Google
 * (developers.google.com/identity/protocols/oauth2/service-account) document.
 */

import { verify } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Authority {
  readonly url: string;
  /** The forms that came in. */
  readonly asked: readonly Readonly<Record<string, string>>[];
  /** Tokens that hold, the newest last. */
  readonly tokens: readonly string[];
  /** Seconds that the next tokens live. */
  lifeSeconds: number;
  /** Answers in its place, until it is taken away. */
  instead: ((response: ServerResponse, body: string) => void) | undefined;
  /** Those that were given hold no more. */
  withdraw(): void;
  /** The refresh token that holds now. */
  refreshToken(): string;
  close(): Promise<void>;
}

export const client = { clientId: '6731de76-14a6-49ae-97bc-6eba6914391e', clientSecret: 'planted~client.Secret' };

/** `publicKey`: PEM of the service account's. */
export async function createAuthority({ publicKey }: { publicKey?: string } = {}): Promise<Authority> {
  const asked: Record<string, string>[] = [];
  const tokens: string[] = [];
  let refreshes = 0;
  let made = 0;
  const refreshToken = () => `planted-refresh-token-${refreshes}`;
  const it = { lifeSeconds: 3_599, instead: undefined as Authority['instead'] };

  const say = (response: ServerResponse, status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
  };
  const refuse = (response: ServerResponse, status: number, [error, error_description]: [string, string]) =>
    say(response, status, { error, error_description, trace_id: 'b72d93e5', timestamp: '2026-11-29 10:00:00Z' });
  const grant = (response: ServerResponse, more = {}) => {
    made += 1;
    const access_token = `planted-access-token-${made}.${'x'.repeat(40)}`;
    tokens.push(access_token);
    say(response, 200, { token_type: 'Bearer', expires_in: it.lifeSeconds, access_token, ...more });
  };

  const answer = (form: Record<string, string>, response: ServerResponse) => {
    if (form.grant_type === 'urn:ietf:params:oauth:grant-type:jwt-bearer') {
      if (publicKey && isSigned(form.assertion ?? '', publicKey))
        return grant(response, { scope: 'https://mail.google.com/' });
      return refuse(response, 400, ['invalid_grant', 'Invalid JWT Signature.']);
    }
    if (form.client_id !== client.clientId || form.client_secret !== client.clientSecret) {
      const why = `AADSTS7000215: Invalid client secret provided, not '${form.client_secret}'.\r\nTrace ID: b72d93e5`;
      return refuse(response, 401, ['invalid_client', why]);
    }
    if (form.grant_type === 'client_credentials') return grant(response);
    if (form.refresh_token !== refreshToken()) {
      return refuse(response, 400, ['invalid_grant', 'Token has been expired or revoked.']);
    }
    refreshes += 1;
    return grant(response, { refresh_token: refreshToken() });
  };

  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const form = Object.fromEntries(new URLSearchParams(body));
    asked.push(form);
    if (it.instead) it.instead(response, body);
    else answer(form, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;

  return Object.assign(it, {
    ...{ url, asked, tokens, refreshToken },
    withdraw: () => void tokens.splice(0),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

function isSigned(assertion: string, publicKey: string): boolean {
  const [header = '', claims = '', signature = ''] = assertion.split('.');
  return verify('sha256', Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, 'base64url'));
}

/** What a JSON Web Token says. */
export function claimsOf(assertion: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}
