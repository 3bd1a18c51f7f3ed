/**
 * What a login provider says of itself (OpenID Connect Discovery), and the library that speaks to it. The issuer is the operator's
 * choice, so that its address is not judged; time and size of what it answers have limits all the same.
 */

import { createHttpClient } from '../base/net/http-client.ts';
import type { LoginProviderSettings } from '../core/login-provider.ts';
import type { ClientAuth, Configuration, CustomFetch } from './openid.ts';

const TIMEOUT_MS = 10_000;
/** Of a document, a key set or an ID token: a person may be in hundreds of groups. */
const MAX_BYTES = 1024 * 1024;

/** Rejects where the issuer does not answer, or not as it has to; `discoveryFault` says why. */
export async function discoverProvider(settings: LoginProviderSettings): Promise<Configuration> {
  const { issuer, clientId, clientSecret } = settings;
  const openid = await import('./openid.ts');
  const basic = openid.ClientSecretBasic(clientSecret);
  const post = openid.ClientSecretPost(clientSecret);
  const authenticate: ClientAuth = (server, ...rest) => {
    const known = server.token_endpoint_auth_methods_supported;
    const isPost = known?.includes('client_secret_post') === true && !known.includes('client_secret_basic');
    return (isPost ? post : basic)(server, ...rest);
  };
  const url = new URL(issuer);
  return openid.discovery(url, clientId, undefined, authenticate, {
    [openid.customFetch]: fetchWithLimits,
    // The configuration has let in http:// for this machine alone.
    execute: [openid.enableNonRepudiationChecks, ...(url.protocol === 'http:' ? [openid.allowInsecureRequests] : [])],
  });
}

/** Why the library says no, for the log and the doctor: what is thrown inside says more than what is thrown. */
export function discoveryFault(error: unknown): string {
  const said: string[] = [];
  for (let at: unknown = error; at instanceof Error && said.length < 5; at = at.cause) {
    const code = 'error' in at && typeof at.error === 'string' ? ` (${at.error})` : '';
    if (at.message !== 'something went wrong') said.push(at.message + code);
  }
  return said.join(': ');
}

const fetchWithLimits: CustomFetch = async (url, { method, headers, body, signal }) => {
  const client = createHttpClient();
  try {
    const answer = await client.ask(new URL(url), {
      ...{ method, headers, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES },
      ...(body != null && { body: String(body) }),
      ...(signal && { signal }),
    });
    if (answer.truncated) throw new Error(`the answer is larger than ${MAX_BYTES} bytes`);
    const isEmpty = answer.status === 204 || answer.status === 304;
    return new Response(isEmpty ? null : new Uint8Array(answer.body), {
      status: answer.status,
      headers: answer.headers,
    });
  } finally {
    client.close();
  }
};
