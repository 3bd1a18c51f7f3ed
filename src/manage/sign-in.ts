/** People sign in and out: by password, and by links that are good once. The audit log has each, and each that failed. */

import type { LoginThrottle } from '../access/login-throttle.ts';
import { requireGoodPassword } from '../access/password-rules.ts';
import type { Passwords } from '../access/passwords.ts';
import { hashOf, type Sessions } from '../access/sessions.ts';
import type { AuditActor } from '../core/audit-entry.ts';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { foldAddress } from '../core/fold.ts';
import type { NewId } from '../core/ids.ts';
import { invalid } from '../core/invalid.ts';
import { createNetworks } from '../core/networks.ts';
import type { LinkKind, SignedIn, UserRow } from '../db/verbs/people.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Audit } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';
import { emailOf } from './users.ts';

/** Where somebody signs in from. */
export interface Visitor {
  readonly source: string;
  readonly requestId: string;
  readonly agent: string | undefined;
}

/** What the cookie of the new session is to hold. */
export interface SignedInBy {
  readonly token: string;
  readonly user: UserRow;
}

export interface SignIn {
  /** Refuses with `login_failed`, whatever was wrong, or `too_many_failed_logins`. */
  byPassword(visitor: Visitor, login: { readonly email: string; readonly password: string }): Promise<SignedInBy>;
  /** Who is signed in shows the password once more. The cookie that there was is worth nothing any more. Refuses as `byPassword`. */
  again(visitor: Visitor, signedIn: SignedIn, given: { readonly password: string }): Promise<string>;
  /** What a link is for. Refuses with `link_used`. */
  link(token: string): Promise<{ readonly kind: LinkKind; readonly email: string | undefined }>;
  /**
   * Uses a link up, and signs its user in. `password` is needed but for a link that only signs in; `email` for that of the first
   * owner. Refuses with `link_used`. The link stays good where the password is none (`invalid_request`), and where one that only
   * signs in is used from another machine (`forbidden`).
   */
  byLink(
    visitor: Visitor,
    given: { readonly token: string; readonly email?: string | undefined; readonly password?: string | undefined },
  ): Promise<SignedInBy>;
  /** Ends the session of this cookie. */
  end(visitor: Visitor, token: string): Promise<void>;
  /** Ends the session with this id, whichever user it belongs to. */
  endOther(caller: Caller, input: { readonly sessionId: string; readonly userId?: string }): Promise<void>;
}

export interface SignInDeps {
  readonly store: StorePart<
    | 'people.user'
    | 'people.setUser'
    | 'people.link'
    | 'people.useLink'
    | 'people.session'
    | 'people.sessions'
    | 'people.endSession'
  >;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly throttle: LoginThrottle;
  readonly audit: Pick<Audit, 'act' | 'record'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
}

/** The source of calls over a socket of this machine; it is not an address. */
const LOCAL = 'local';
const thisMachine = createNetworks(['127.0.0.0/8', '::1/128']);

export function createSignIn(deps: SignInDeps): SignIn {
  const { store, sessions, passwords, throttle, audit, clock, newId } = deps;

  function record(user: UserRow, visitor: Visitor, entry: { action: string; outcome: string; way?: string }) {
    const { action, outcome, way } = entry;
    const { source, requestId } = visitor;
    return audit.record({
      ...{ actor: personOf(user), source, requestId, action, outcome, target: user.email },
      changes: way === undefined ? {} : { way },
    });
  }

  async function begin(user: UserRow, visitor: Visitor, way: string): Promise<SignedInBy> {
    const { source, agent } = visitor;
    const { token } = await sessions.begin({ userId: user.id, way, source, agent, isFresh: true });
    await store.people.setUser({ userId: user.id, signedInAt: clock.now(), now: user.updatedAt });
    await record(user, visitor, { action: 'session.begin', outcome: 'done', way });
    return { token, user };
  }

  /** The entry is made of a user alone who is there: a stranger must not be able to fill the disk. */
  async function refuse(user: UserRow | undefined, visitor: Visitor, account: string): Promise<IepError> {
    const [slowed] = await Promise.all([
      throttle.failed(visitor.source, account),
      user && record(user, visitor, { action: 'session.begin', outcome: 'login_failed', way: 'password' }),
    ]);
    return slowed ?? new IepError('login_failed');
  }

  async function found(token: string) {
    const known = await store.people.link({ hash: hashOf(token), now: clock.now() });
    if (known === undefined) throw new IepError('link_used');
    return known;
  }

  return {
    async byPassword(visitor, { email: typed, password }) {
      const email = foldAddress(typed);
      throttle.check(visitor.source, email);
      const user = await store.people.user({ email });
      if (!(await passwords.verify(password, user?.passwordHash, visitor.source)) || user === undefined) {
        throw await refuse(user, visitor, email);
      }
      throttle.succeeded(visitor.source, email);
      return begin(user, visitor, 'password');
    },

    async again(visitor, { user, session }, { password }) {
      throttle.check(visitor.source, user.email);
      const isRight = await passwords.verify(password, user.passwordHash, visitor.source);
      if (!isRight) throw await refuse(user, visitor, user.email);
      throttle.succeeded(visitor.source, user.email);
      await record(user, visitor, { action: 'session.renew', outcome: 'done', way: 'password' });
      return sessions.renew(session.id);
    },

    async link(token) {
      const { link, user } = await found(token);
      return { kind: link.kind, email: user?.email };
    },

    async byLink(visitor, { token, email: typed, password }) {
      const { link, user: known } = await found(token);
      const email = known?.email ?? emailOf(typed ?? '');
      if (link.kind === 'sign-in') {
        requireThisMachine(visitor);
      } else {
        if (password === undefined) throw invalid([{ path: 'password', message: 'is needed' }]);
        requireGoodPassword(password, { email });
      }
      const user = await store.people.useLink({
        ...{ hash: hashOf(token), now: clock.now() },
        ...(link.kind !== 'sign-in' && password !== undefined && { passwordHash: await passwords.hash(password) }),
        ...(known === undefined && { owner: { id: newId(), email } }),
      });
      if (user === undefined) throw new IepError('link_used');
      if (link.kind !== 'sign-in')
        await record(user, visitor, { action: 'user.password', outcome: 'done', way: 'link' });
      return begin(user, visitor, 'link');
    },

    async end(visitor, token) {
      const known = await store.people.session({ hash: hashOf(token), now: clock.now() });
      if (known === undefined) return;
      await store.people.endSession({ sessionId: known.session.id });
      await record(known.user, visitor, { action: 'session.end', outcome: 'done' });
    },

    endOther: (caller, { sessionId, userId }) =>
      audit.act(caller, { action: 'session.end', target: sessionId }, async () => {
        const ended = await store.people.endSession({ sessionId, ...(userId !== undefined && { userId }) });
        if (!ended) throw new IepError('not_found', 'No session has this id');
      }),
  };
}

function requireThisMachine({ source }: Visitor): void {
  if (source === LOCAL || thisMachine.has(source)) return;
  throw new IepError('forbidden', 'This link signs in on the machine of the daemon alone');
}

export function personOf({ id, email }: UserRow): AuditActor {
  return { kind: 'person', id, name: email };
}
