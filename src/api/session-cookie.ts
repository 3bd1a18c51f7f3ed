/** The cookie of a session. Over HTTPS its name binds it to this host and to TLS (RFC 6265bis §4.1.3.2). */

import type { ApiRequest } from './request.ts';

const NAME = 'iep_session';
const WEEK_SECONDS = 7 * 24 * 3_600;

export function sessionToken(request: ApiRequest, isSecure: boolean): string | undefined {
  return readCookie(request, nameOf(isSecure));
}

export function sessionCookie(token: string, isSecure: boolean): string {
  return `${nameOf(isSecure)}=${token}; Path=/; Max-Age=${WEEK_SECONDS}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
}

export function endedCookie(isSecure: boolean): string {
  return `${nameOf(isSecure)}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
}

function nameOf(isSecure: boolean): string {
  return isSecure ? `__Host-${NAME}` : NAME;
}

function readCookie(request: ApiRequest, name: string): string | undefined {
  for (const pair of (request.header('cookie') ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at !== -1 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}
