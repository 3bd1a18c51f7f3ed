/** People sign in and out: by password and second factor, by passkey, at a login provider, and by links that are good once. The audit log has each, and each that failed. */

import type { Directory } from '../access/directory.ts';
import { isEnough } from '../access/factors.ts';
import type { LoginProviders, LoginReturn } from '../access/login-providers.ts';
import type { LoginThrottle } from '../access/login-throttle.ts';
import type { Passkeys, RelyingParty } from '../access/passkeys.ts';
import { requireGoodPassword } from '../access/password-rules.ts';
import type { Passwords } from '../access/passwords.ts';
import { hashOf, type Sessions } from '../access/sessions.ts';
import type { TotpCodes } from '../access/totp.ts';
import type { AuditActor } from '../core/audit-entry.ts';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { foldAddress } from '../core/fold.ts';
import type { NewId } from '../core/ids.ts';
import { invalid } from '../core/invalid.ts';
import { createNetworks } from '../core/networks.ts';
import type { Factor, LinkKind, SignedIn, UserRow } from '../db/verbs/people.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Audit } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';
import { createEntrance } from './entrance.ts';
import { emailOf } from './users.ts';
import type { Visitor } from './visitor.ts';

export interface ShownPasskey {
  readonly party: RelyingParty;
  /** What `navigator.credentials.get` answered, as JSON. */
  readonly credential: { readonly id: string };
}

export interface ShownLogin {
  /** Of the login provider. */
  readonly name: string;
  readonly back: Omit<LoginReturn, 'purpose'>;
}

/** One of these. */
export interface ShownAgain {
  readonly password?: string | undefined;
  readonly totp?: string | undefined;
  readonly passkey?: ShownPasskey | undefined;
  readonly login?: ShownLogin | undefined;
}

/** What the cookie of the new session is to hold. */
export interface SignedInBy {
  readonly token: string;
  readonly user: UserRow;
}

export interface SignIn {
  /**
   * `totp` is a code of the second factor, or a recovery code. Refuses with `login_failed`, whatever was wrong, with
   * `second_factor_needed` where only that is missing, or with `too_many_failed_logins`.
   */
  byPassword(
    visitor: Visitor,
    login: { readonly email: string; readonly password: string; readonly totp?: string | undefined },
  ): Promise<SignedInBy>;
  /** Refuses with `login_failed` or `too_many_failed_logins`. */
  byPasskey(visitor: Visitor, shown: ShownPasskey): Promise<SignedInBy>;
  /**
   * The user is found or added as `enter` of the store says. Refuses with `login_failed`, `too_many_failed_logins`,
   * `login_provider_unavailable`, `forbidden` who has no role here, or `conflict` whose address another user has.
   */
  byProvider(visitor: Visitor, shown: ShownLogin): Promise<SignedInBy>;
  /**
   * Who is signed in shows the second factor once more, or the password where there is none. The cookie that there was is worth
   * nothing any more. Refuses as `byPassword`.
   */
  again(visitor: Visitor, signedIn: SignedIn, shown: ShownAgain): Promise<string>;
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
    | 'people.enter'
    | 'people.link'
    | 'people.useLink'
    | 'people.session'
    | 'people.sessions'
    | 'people.endSession'
  >;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly totp: Pick<TotpCodes, 'use'>;
  readonly passkeys: Pick<Passkeys, 'shown'>;
  readonly loginProviders: Pick<LoginProviders, 'finish'>;
  readonly directory: Pick<Directory, 'bySlug'>;
  readonly throttle: LoginThrottle;
  readonly audit: Pick<Audit, 'act' | 'record'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
}

/** The source of calls over a socket of this machine; it is not an address. */
const LOCAL = 'local';
const thisMachine = createNetworks(['127.0.0.0/8', '::1/128']);

export function createSignIn(deps: SignInDeps): SignIn {
  const { store, sessions, passwords, totp, passkeys, loginProviders, throttle, audit, clock, newId } = deps;
  const enter = createEntrance(deps);

  function record(user: UserRow, visitor: Visitor, entry: Entry) {
    const { action, outcome, way, shown } = entry;
    const { source, requestId } = visitor;
    return audit.record({
      ...{ actor: personOf(user), source, requestId, action, outcome, target: user.email },
      changes: { ...(way !== undefined && { way }), ...(shown !== undefined && { shown }) },
    });
  }

  async function begin(user: UserRow, visitor: Visitor, by: Begun): Promise<SignedInBy> {
    const { source, agent } = visitor;
    const { token } = await sessions.begin({ user, ...by, source, agent });
    await store.people.setUser({ userId: user.id, signedInAt: clock.now(), now: user.updatedAt });
    await record(user, visitor, { action: 'session.begin', outcome: 'done', ...by });
    return { token, user };
  }

  /** The entry is made of a user alone who is there: a stranger must not be able to fill the disk. */
  async function refuse(user: UserRow | undefined, visitor: Visitor, failed: Failed): Promise<IepError> {
    const { account, detail: _, ...entry } = failed;
    const [slowed] = await Promise.all([
      throttle.failed(visitor.source, account),
      user && record(user, visitor, { ...entry, outcome: 'login_failed' }),
    ]);
    return slowed ?? new IepError('login_failed', failed.detail);
  }

  /** Refuses another person who comes back from there: the session belongs to one. */
  async function loginAgain(user: UserRow, { name, back }: ShownLogin): Promise<Factor | undefined> {
    const proved = await loginProviders.finish(name, { ...back, purpose: 'again' });
    if (typeof proved === 'string') return undefined;
    return (await store.people.user(proved.identity))?.id === user.id ? proved.shown : undefined;
  }

  /** What was shown of somebody who is signed in; undefined where it is wrong. */
  async function shownAgain(user: UserRow, source: string, shown: ShownAgain): Promise<Factor | undefined> {
    const { password, totp: code, passkey, login } = shown;
    if (login !== undefined) return loginAgain(user, login);
    if (passkey !== undefined) return (await passkeys.shown(passkey.party, { ...passkey, user })) && 'passkey';
    if (code !== undefined) return totp.use(user.id, code);
    const isRight = await passwords.verify(password ?? '', user.passwordHash, source);
    return isRight ? 'password' : undefined;
  }

  async function found(token: string) {
    const known = await store.people.link({ hash: hashOf(token), now: clock.now() });
    if (known === undefined) throw new IepError('link_used');
    return known;
  }

  return {
    async byPassword(visitor, { email: typed, password, totp: code }) {
      const email = foldAddress(typed);
      const failed = { action: 'session.begin', account: email, way: 'password' };
      throttle.check(visitor.source, email);
      const user = await store.people.user({ email });
      if (!(await passwords.verify(password, user?.passwordHash, visitor.source)) || user === undefined) {
        throw await refuse(user, visitor, failed);
      }
      let shown: Factor | undefined = 'password';
      if (user.factors?.totp === true) {
        if (code === undefined) throw new IepError('second_factor_needed');
        shown = await totp.use(user.id, code);
        if (shown === undefined) throw await refuse(user, visitor, { ...failed, shown: 'totp' });
      }
      throttle.succeeded(visitor.source, email);
      return begin(user, visitor, { way: 'password', shown });
    },

    async byPasskey(visitor, { party, credential }) {
      // Whose it is nobody knows before it is right.
      const account = `passkey ${credential.id}`;
      throttle.check(visitor.source, account);
      const user = await passkeys.shown(party, { credential });
      if (user === undefined) throw await refuse(user, visitor, { action: 'session.begin', account });
      throttle.succeeded(visitor.source, account);
      return begin(user, visitor, { way: 'passkey', shown: 'passkey' });
    },

    async byProvider(visitor, { name, back }) {
      const account = `login provider ${name}`;
      throttle.check(visitor.source, account);
      const proved = await loginProviders.finish(name, { ...back, purpose: 'sign-in' });
      if (typeof proved === 'string') {
        throw await refuse(undefined, visitor, { action: 'session.begin', account, detail: proved });
      }
      throttle.succeeded(visitor.source, account);
      const user = await enter(proved, { name, visitor });
      return begin(user, visitor, { way: name, shown: proved.shown, shownAt: proved.shownAt ?? 'unknown' });
    },

    async again(visitor, { user, session }, given) {
      throttle.check(visitor.source, user.email);
      const shown = await shownAgain(user, visitor.source, given);
      if (shown === undefined) throw await refuse(user, visitor, { action: 'session.renew', account: user.email });
      if (!isEnough(user, shown)) throw new IepError('second_factor_needed');
      throttle.succeeded(visitor.source, user.email);
      await record(user, visitor, { action: 'session.renew', outcome: 'done', shown });
      return sessions.renew(session.id, shown);
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
      return begin(user, visitor, { way: 'link', shown: link.kind === 'sign-in' ? 'link' : 'password' });
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

/** Of the audit log. */
interface Entry {
  readonly action: string;
  readonly outcome: string;
  readonly way?: string;
  readonly shown?: Factor;
}

type Failed = Omit<Entry, 'outcome'> & { /** What was typed. */ readonly account: string; readonly detail?: string };

interface Begun {
  readonly way: string;
  readonly shown: Factor;
  readonly shownAt?: number | 'unknown';
}

function requireThisMachine({ source }: Visitor): void {
  if (source === LOCAL || thisMachine.has(source)) return;
  throw new IepError('forbidden', 'This link signs in on the machine of the daemon alone');
}

export function personOf({ id, email }: UserRow): AuditActor {
  return { kind: 'person', id, name: email };
}
