/** Signing in and out, and finding out at the start who is signed in already. */

import { call, reach } from './call.ts';
import { showPasskey } from './passkey.ts';
import { Problem } from './problem.ts';
import { credentials, type Session, session } from './session.ts';
import type { Calls, CurrentSession, LinkUse } from './types.ts';

const KEPT_KEY = 'iep-key';

/** Settles with `session` known. */
export async function resume(): Promise<void> {
  const kept = sessionStorage.getItem(KEPT_KEY);
  const found = (await personNow()) ?? (kept === null ? undefined : await byKey(kept));
  session.value = found ?? { kind: 'nobody' };
}

/** Rejects with a `Problem` that says why the key does not do. */
export async function signInByKey(key: string): Promise<void> {
  const found = await byKey(key);
  if (found === undefined)
    throw new Problem(401, { detail: 'This key is not known here, or it was revoked', code: 'unauthorized' });
  sessionStorage.setItem(KEPT_KEY, key);
  session.value = found;
}

/** Rejects with a `Problem`: that they do not belong together, or `second_factor_needed`. */
export async function signIn(given: Calls['POST /v1/session']['body']): Promise<void> {
  await post('/v1/session', given);
  await refresh();
}

export async function signInByPasskey(): Promise<void> {
  const options = await (await post('/v1/session/passkey/options')).json();
  await post('/v1/session/passkey', { credential: await showPasskey(options) });
  await refresh();
}

/** Who is signed in shows the factor once more. Rejects with a `Problem`. */
export async function showFactor(given: { readonly password?: string; readonly totp?: string }): Promise<void> {
  await post('/v1/session/factor', given);
  await refresh();
}

export async function showOwnPasskey(): Promise<void> {
  const options = await call('POST /v1/session/factor/options', {});
  await post('/v1/session/factor', { credential: await showPasskey(options) });
  await refresh();
}

/** What the daemon says now of who is signed in: the cookie, or what that may do, has changed. */
export async function refresh(): Promise<void> {
  session.value = (await personNow()) ?? { kind: 'nobody' };
}

/** What a link is for; it stays good. Rejects with a `Problem` where it is good for nothing any more. */
export async function checkLink(token: string): Promise<LinkUse> {
  return (await post('/v1/session/link/check', { token })).json();
}

/** Uses the link up, which signs in. */
export async function followLink(given: Calls['POST /v1/session/link']['body']): Promise<void> {
  await post('/v1/session/link', given);
  await refresh();
}

export async function post(path: string, body?: object): Promise<Response> {
  const headers = { ...credentials(true), ...(body !== undefined && { 'content-type': 'application/json' }) };
  const response = await reach(path, { method: 'POST', headers, ...(body && { body: JSON.stringify(body) }) });
  if (!response.ok) throw await problemOf(response);
  return response;
}

export async function signOut(): Promise<void> {
  const now = session.value;
  sessionStorage.removeItem(KEPT_KEY);
  if (now.kind === 'person') await reach('/v1/session', { method: 'DELETE', headers: { 'x-iep-csrf': now.csrf } });
  session.value = { kind: 'nobody' };
}

async function personNow(): Promise<Session | undefined> {
  const response = await reach('/v1/session', {});
  if (!response.ok) return undefined;
  const { user, csrf, ...account } = (await response.json()) as CurrentSession;
  return { kind: 'person', person: user, csrf, isOperator: user.roles.length > 0, account };
}

/** A tenant's key may not ask about the daemon; one that is not known may ask nothing. */
async function byKey(key: string): Promise<Session | undefined> {
  const { status } = await reach('/v1/admin/daemon', { headers: { 'x-api-key': key } });
  return status === 401 || status === 429 ? undefined : { kind: 'key', key, isOperator: status === 200 };
}

async function problemOf(response: Response): Promise<Problem> {
  return new Problem(response.status, await response.json().catch(() => ({})));
}
