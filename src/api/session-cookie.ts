/** The cookies of a session, and of a login under way. Over HTTPS their names bind them to this host and to TLS (RFC 6265bis §4.1.3.2). */

import type { ApiRequest } from './request.ts';

const SESSION = 'iep_session';
const LOGIN = 'iep_login';
const WEEK_SECONDS = 7 * 24 * 3_600;
/** How long somebody may take at a login provider. */
const LOGIN_SECONDS = 900;

export function sessionToken(request: ApiRequest, isSecure: boolean): string | undefined {
  return readCookie(request, nameOf(SESSION, isSecure));
}

export function sessionCookie(token: string, isSecure: boolean): string {
  return cookie(SESSION, { value: token, seconds: WEEK_SECONDS, isSecure });
}

export function endedCookie(isSecure: boolean): string {
  return cookie(SESSION, { value: '', seconds: 0, isSecure });
}

/** What a login at a provider is made of. The page that the browser comes back to sends it, not the provider's. */
export function loginSecret(request: ApiRequest, isSecure: boolean): string | undefined {
  return readCookie(request, nameOf(LOGIN, isSecure));
}

export function loginCookie(secret: string, isSecure: boolean): string {
  return cookie(LOGIN, { value: secret, seconds: LOGIN_SECONDS, isSecure });
}

function cookie(
  name: string,
  { value, seconds, isSecure }: { readonly value: string; readonly seconds: number; readonly isSecure: boolean },
): string {
  const lasts = `Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict`;
  return `${nameOf(name, isSecure)}=${value}; ${lasts}${isSecure ? '; Secure' : ''}`;
}

function nameOf(name: string, isSecure: boolean): string {
  return isSecure ? `__Host-${name}` : name;
}

function readCookie(request: ApiRequest, name: string): string | undefined {
  for (const pair of (request.header('cookie') ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at !== -1 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}
