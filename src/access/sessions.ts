/**
 * Sessions of people. The store has only the hash of what a cookie holds. A session is read anew with each call, so that its end,
 * and a change of rights, hold at once in every process.
 */

import { createHash } from 'node:crypto';
import type { Log } from '../base/observe/log.ts';
import type { Clock } from '../core/clock.ts';
import type { NewId } from '../core/ids.ts';
import type { Factor, SessionRow, SignedIn, UserRow } from '../db/verbs/people.ts';
import type { StorePart } from '../db/verbs/store.ts';
import { isEnough } from './factors.ts';
import { newToken } from './key-text.ts';

export interface Sessions {
  /** Answers what its cookie is to hold. `shown`: of all that was shown, what proves most; `shownAt`: when, where that was not now. */
  begin(input: {
    readonly user: UserRow;
    readonly way: string;
    readonly source: string;
    readonly agent?: string | undefined;
    readonly shown: Factor;
    readonly shownAt?: number | 'unknown';
  }): Promise<{ readonly session: SessionRow; readonly token: string }>;
  find(token: string): Promise<SignedIn | undefined>;
  /** `shown` was shown now: what the cookie held before is worth nothing any more. */
  renew(sessionId: string, shown: Factor): Promise<string>;
}

const USED_EVERY_MS = 60_000;
/** Of what a browser says it is. */
const MAX_AGENT = 200;
const TOKEN = /^iep_session_[0-9A-Za-z]{43}$/;

export function createSessions(deps: {
  store: StorePart<'people.addSession' | 'people.session' | 'people.setSession'>;
  clock: Pick<Clock, 'now'>;
  newId: NewId;
  log?: Pick<Log, 'warn'>;
}): Sessions {
  const { store, clock } = deps;

  /** Not waited for: a disk that is full must not keep readers out. */
  function noteUse({ id, usedAt }: SessionRow): void {
    const now = clock.now();
    if (now - usedAt < USED_EVERY_MS) return;
    store.people.setSession({ sessionId: id, usedAt: now }).catch((error: unknown) => {
      deps.log?.warn({ sessionId: id, error }, 'could not note when a session was last used');
    });
  }

  return {
    async begin({ user, way, source, agent, shown, shownAt }) {
      const token = newToken('session');
      const now = clock.now();
      const factorAt = shownAt ?? now;
      const session: SessionRow = {
        ...{ id: deps.newId(), userId: user.id, hash: hashOf(token), way, source, createdAt: now, usedAt: now },
        ...(agent !== undefined && { agent: agent.slice(0, MAX_AGENT) }),
        ...(isEnough(user, shown) && { factor: shown, ...(factorAt !== 'unknown' && { factorAt }) }),
      };
      await store.people.addSession(session);
      return { session, token };
    },
    async find(token) {
      if (!TOKEN.test(token)) return undefined;
      const found = await store.people.session({ hash: hashOf(token), now: clock.now() });
      if (found !== undefined) noteUse(found.session);
      return found;
    },
    async renew(sessionId, shown) {
      const token = newToken('session');
      await store.people.setSession({ sessionId, hash: hashOf(token), factor: shown, factorAt: clock.now() });
      return token;
    },
  };
}

export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** What a page of ours sends with each call that changes something. Only who has the cookie can make it, and no page can read that. */
export function csrfOf(token: string): string {
  return createHash('sha256').update(`csrf ${token}`).digest('base64url');
}
