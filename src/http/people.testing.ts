/** For tests of this room: somebody who is signed in, with what a page of ours sends. */

import type { PlatformRole } from '../core/roles.ts';
import type { NamedMembership } from '../manage/users.ts';
import type { TestServer } from './http.testing.ts';

export interface TestPerson {
  readonly cookie: string;
  /** For reading calls and for writing ones. */
  readonly headers: Record<string, string>;
}

/** Adds a user, sets its password by its link, and signs it in by that. */
export async function signedInAs(
  server: TestServer,
  user: { email: string; role?: PlatformRole; tenants?: readonly NamedMembership[] },
  password: string,
  origin = server.url,
): Promise<TestPerson> {
  const caller = { actor: { kind: 'local', id: 'jo' }, source: 'local', asked: {} } as const;
  const { link } = await server.deps.manage.users.add(caller, user);
  const token = link.url.split('#')[1] ?? '';
  const answer = await server.call('POST', '/v1/session/link', { json: { token, password } });
  return personOf(server, answer.headers, origin);
}

export async function signIn(
  server: TestServer,
  email: string,
  password: string,
  headers: Record<string, string> = {},
): Promise<TestPerson> {
  const answer = await server.call('POST', '/v1/session', { json: { email, password }, headers });
  return personOf(server, answer.headers, server.url);
}

async function personOf(server: TestServer, answered: Headers, origin: string): Promise<TestPerson> {
  const cookie = answered.get('set-cookie')?.split(';')[0];
  if (cookie === undefined) throw new Error('nobody was signed in');
  const { body } = await server.call('GET', '/v1/session', { headers: { cookie } });
  return { cookie, headers: { cookie, origin, 'x-iep-csrf': String(body.csrf) } };
}
