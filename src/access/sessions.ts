/**
 * Sessions of people. The store has only the hash of what a cookie holds. A session is read anew with each call, so that its end,
 * and a change of rights, hold at once in every process.
 */

import { createHash } from 'node:crypto';
import type { Log } from '../base/observe/log.ts';
import type { Clock } from '../core/clock.ts';
import type { NewId } from '../core/ids.ts';
import type { SessionRow, SignedIn } from '../db/verbs/people.ts';
import type { StorePart } from '../db/verbs/store.ts';
import { newToken } from './key-text.ts';

export interface Sessions {
  /** What its cookie is to hold. `factorAt`: the second factor, or all that there is of one, was shown now. */
  begin(input: {
    readonly userId: string;
    readonly way: string;
    readonly source: string;
    readonly agent?: string | undefined;
    readonly isFresh: boolean;
  }): Promise<{ readonly session: SessionRow; readonly token: string }>;
  find(token: string): Promise<SignedIn | undefined>;
  /** More was shown of who it is: what the cookie held before is worth nothing any more. */
  renew(sessionId: string): Promise<string>;
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
    async begin({ userId, way, source, agent, isFresh }) {
      const token = newToken('session');
      const now = clock.now();
      const session: SessionRow = {
        ...{ id: deps.newId(), userId, hash: hashOf(token), way, source, createdAt: now, usedAt: now },
        ...(agent !== undefined && { agent: agent.slice(0, MAX_AGENT) }),
        ...(isFresh && { factorAt: now }),
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
    async renew(sessionId) {
      const token = newToken('session');
      await store.people.setSession({ sessionId, hash: hashOf(token), factorAt: clock.now() });
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
