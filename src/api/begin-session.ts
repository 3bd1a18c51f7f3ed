/** Somebody signs in, in whatever way: the cookie of a new session, from a page of ours alone. */

import { IepError } from '../core/errors.ts';
import type { SignedInBy } from '../manage/sign-in.ts';
import type { Visitor } from '../manage/visitor.ts';
import type { AppDeps } from './deps.ts';
import { noContent, type Reply } from './reply.ts';
import type { ApiRequest } from './request.ts';
import type { Call } from './route.ts';
import { sessionCookie, sessionToken } from './session-cookie.ts';

type Begin = (call: Call, signIn: (visitor: Visitor) => Promise<SignedInBy>) => Promise<Reply>;

export function createBegin({ manage, ownOrigin }: Pick<AppDeps, 'manage' | 'ownOrigin'>): Begin {
  /** A page elsewhere must not sign a reader in as somebody else. */
  function requireNoForeignPage(request: ApiRequest): void {
    const origin = request.header('origin');
    const own = ownOrigin(request).origin;
    if (origin !== undefined && origin !== own) {
      throw new IepError('foreign_page', `The header Origin is ${origin}, and not ${own}`);
    }
  }

  return async (call, signIn) => {
    const { request } = call;
    requireNoForeignPage(request);
    const { isSecure } = ownOrigin(request);
    const before = sessionToken(request, isSecure);
    const { token, user } = await signIn(visitorOf(call));
    // The cookie of a session that was there before is worth nothing any more.
    if (before !== undefined) await manage.signIn.end(visitorOf(call), before);
    call.note({ userId: user.id });
    return { ...noContent(), headers: { 'set-cookie': sessionCookie(token, isSecure) } };
  };
}

export function visitorOf({ request, requestId }: Pick<Call, 'request' | 'requestId'>): Visitor {
  return { source: request.source, requestId, agent: request.header('user-agent') };
}
