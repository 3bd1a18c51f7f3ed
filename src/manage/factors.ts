/** What people change of what they sign in with: the password, the second factor, passkeys. */

import type { Passkeys, RelyingParty } from '../access/passkeys.ts';
import { requireGoodPassword } from '../access/password-rules.ts';
import type { Passwords } from '../access/passwords.ts';
import { newRecoveryCodes, recoveryHash } from '../access/recovery-codes.ts';
import type { Sessions } from '../access/sessions.ts';
import type { TotpCodes } from '../access/totp.ts';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { invalid } from '../core/invalid.ts';
import type { PasskeyRow } from '../db/verbs/factors.ts';
import type { SignedIn } from '../db/verbs/people.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Audit } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';

/** What the cookie is to hold from now on, once a new factor was shown. */
interface Renewed {
  readonly token: string;
}

export interface FactorDesk {
  /** The other sessions end. Refuses with `invalid_request` a password that is none. */
  setPassword(caller: Caller, signedIn: SignedIn, given: { readonly password: string }): Promise<void>;
  /** A secret that is shown this once; it counts once a code of it was given. Refuses with `conflict` who has one. */
  offerTotp(signedIn: SignedIn, issuer: string): Promise<{ readonly secret: string; readonly uri: string }>;
  /** The recovery codes are shown this once. Refuses with `invalid_request` a code that is wrong. */
  addTotp(
    caller: Caller,
    signedIn: SignedIn,
    given: { readonly totp: string },
  ): Promise<Renewed & { readonly recoveryCodes: readonly string[] }>;
  /** In place of those there are. Refuses with `not_found` who has no TOTP. */
  renewRecoveryCodes(caller: Caller, signedIn: SignedIn): Promise<readonly string[]>;
  removeTotp(caller: Caller, signedIn: SignedIn): Promise<void>;
  /** Refuses with `invalid_request` what is not the answer to the offer. */
  addPasskey(
    caller: Caller,
    signedIn: SignedIn,
    given: { readonly party: RelyingParty; readonly name: string; readonly credential: object },
  ): Promise<Renewed & { readonly passkey: PasskeyRow }>;
  removePasskey(caller: Caller, signedIn: SignedIn, given: { readonly id: string }): Promise<void>;
}

export interface FactorDeskDeps {
  readonly store: StorePart<
    | 'people.setUser'
    | 'factors.offerTotp'
    | 'factors.totp'
    | 'factors.confirmTotp'
    | 'factors.setRecoveryCodes'
    | 'factors.removeTotp'
    | 'factors.addPasskey'
    | 'factors.passkeys'
    | 'factors.removePasskey'
  >;
  readonly sessions: Pick<Sessions, 'renew'>;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly totp: TotpCodes;
  readonly passkeys: Pick<Passkeys, 'made'>;
  readonly audit: Pick<Audit, 'act'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Of one person. */
const MAX_PASSKEYS = 20;

export function createFactorDesk(deps: FactorDeskDeps): FactorDesk {
  const { store, sessions, passwords, totp, passkeys, audit, clock } = deps;

  const act = <T>(caller: Caller, { user }: SignedIn, action: string, work: () => Promise<T>) =>
    audit.act(caller, { action, target: user.email }, work);
  const codesFor = (userId: string) => {
    const recoveryCodes = newRecoveryCodes();
    return { recoveryCodes, recoveryHashes: recoveryCodes.map((code) => recoveryHash(userId, code)) };
  };

  return {
    setPassword: (caller, signedIn, { password }) =>
      act(caller, signedIn, 'user.password', async () => {
        const { session, user } = signedIn;
        requireGoodPassword(password, user);
        const passwordHash = await passwords.hash(password);
        await store.people.setUser({ userId: user.id, passwordHash, keepSession: session.id, now: clock.now() });
      }),
    async offerTotp({ user }, issuer) {
      const offered = totp.create({ issuer, account: user.email });
      await store.factors.offerTotp({ userId: user.id, secret: totp.seal(user.id, offered.secret) });
      return offered;
    },
    addTotp: (caller, signedIn, { totp: code }) =>
      act(caller, signedIn, 'totp.add', async () => {
        const { session, user } = signedIn;
        const offered = await store.factors.totp({ userId: user.id });
        const step = offered && totp.stepOf(code, { userId: user.id, secret: offered.secret });
        if (step === undefined) throw invalid([{ path: 'totp', message: 'is not the code that the secret makes now' }]);
        const { recoveryCodes, recoveryHashes } = codesFor(user.id);
        const confirmed = await store.factors.confirmTotp({
          ...{ userId: user.id, step, recoveryHashes, keepSession: session.id, now: clock.now() },
        });
        if (!confirmed) throw new IepError('conflict', 'There is a second factor already.');
        return { recoveryCodes, token: await sessions.renew(session.id, 'totp') };
      }),
    renewRecoveryCodes: (caller, signedIn) =>
      act(caller, signedIn, 'recovery-codes.renew', async () => {
        const { id: userId } = signedIn.user;
        const { recoveryCodes, recoveryHashes: hashes } = codesFor(userId);
        if (!(await store.factors.setRecoveryCodes({ userId, hashes }))) throw noTotp();
        return recoveryCodes;
      }),
    removeTotp: (caller, signedIn) =>
      act(caller, signedIn, 'totp.remove', async () => {
        const { session, user } = signedIn;
        if (!(await store.factors.removeTotp({ userId: user.id, keepSession: session.id }))) throw noTotp();
      }),
    addPasskey: (caller, signedIn, { party, name, credential }) =>
      act(caller, signedIn, 'passkey.add', async () => {
        const { session, user } = signedIn;
        if ((await store.factors.passkeys({ userId: user.id })).length >= MAX_PASSKEYS) {
          throw new IepError('conflict', `A person has at most ${MAX_PASSKEYS} passkeys.`);
        }
        const made = await passkeys.made(party, { user, name, credential });
        const isAdded = made !== undefined && (await store.factors.addPasskey({ ...made, keepSession: session.id }));
        if (!isAdded) throw invalid([{ path: 'credential', message: 'is not the answer to what was offered' }]);
        return { passkey: made.passkey, token: await sessions.renew(session.id, 'passkey') };
      }),
    removePasskey: (caller, signedIn, { id }) =>
      act(caller, signedIn, 'passkey.remove', async () => {
        const { session, user } = signedIn;
        const isGone = await store.factors.removePasskey({ id, userId: user.id, keepSession: session.id });
        if (!isGone) throw new IepError('not_found', 'You have no such passkey');
      }),
  };
}

function noTotp(): IepError {
  return new IepError('not_found', 'You have no second factor by TOTP');
}
