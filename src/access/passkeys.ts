/**
 * Passkeys (WebAuthn Level 3): made and shown with a verified user (a finger, a face, a PIN), so that one is two factors. They are
 * bound to the host name of the platform and to pages of its origin.
 */

import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type { Clock } from '../core/clock.ts';
import type { Vault } from '../core/vault.ts';
import type { AnsweredChallenge, PasskeyRow } from '../db/verbs/factors.ts';
import type { UserRow } from '../db/verbs/people.ts';
import type { StorePart } from '../db/verbs/store.ts';
import { createChallenges } from './challenges.ts';

/** Where the browser is: `mail.example.com`, `https://mail.example.com`. */
export interface RelyingParty {
  readonly hostname: string;
  readonly origin: string;
}

/** For `navigator.credentials`, in the JSON of WebAuthn Level 3. */
export type PasskeyOptions = object & { readonly challenge: string };

export interface Passkeys {
  /** What a browser is to make one with. */
  offer(party: RelyingParty, user: UserRow): Promise<PasskeyOptions>;
  /** The passkey that was made, not kept yet; undefined where it is not what was offered. */
  made(
    party: RelyingParty,
    given: { readonly user: UserRow; readonly name: string; readonly credential: object },
  ): Promise<{ readonly passkey: PasskeyRow; readonly challenge: AnsweredChallenge } | undefined>;
  /** What a browser is to show one with: any, or one of this user. */
  ask(party: RelyingParty, user?: UserRow): Promise<PasskeyOptions>;
  /** Whose passkey was shown, of those who were asked; undefined where it is unknown, wrong, or was shown before. */
  shown(
    party: RelyingParty,
    given: { readonly credential: object; readonly user?: UserRow },
  ): Promise<UserRow | undefined>;
}

const PLATFORM = 'IEP';

export function createPasskeys(deps: {
  readonly store: StorePart<'factors.passkeys' | 'factors.passkey' | 'factors.usePasskey'>;
  readonly vault: Pick<Vault, 'derive'>;
  readonly clock: Pick<Clock, 'now'>;
}): Passkeys {
  const { store, clock } = deps;
  const challenges = createChallenges(deps);
  const toMake = ({ id }: UserRow) => `make ${id}`;
  const toShow = (user: UserRow | undefined) => (user === undefined ? 'sign in' : `show ${user.id}`);

  /** Keeps the challenge that was answered, where it is one of ours. */
  function answerTo(purpose: string) {
    let answered: AnsweredChallenge | undefined;
    return {
      expectedChallenge: (text: string) => {
        answered = challenges.check(text, purpose);
        return answered !== undefined;
      },
      answered: () => answered,
    };
  }

  const known = async (user: UserRow) =>
    (await store.factors.passkeys({ userId: user.id })).map(({ id, transports }) => ({
      id,
      transports: [...transports],
    }));

  return {
    async offer({ hostname }, user) {
      const { generateRegistrationOptions } = await import('./webauthn.ts');
      return generateRegistrationOptions({
        ...{ rpName: PLATFORM, rpID: hostname, userName: user.email, userDisplayName: user.email },
        userID: new TextEncoder().encode(user.id),
        challenge: challenges.create(toMake(user)),
        excludeCredentials: await known(user),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      });
    },
    async made({ hostname, origin }, { user, name, credential }) {
      const { verifyRegistrationResponse } = await import('./webauthn.ts');
      const { expectedChallenge, answered } = answerTo(toMake(user));
      const verified = await orUndefined(
        verifyRegistrationResponse({
          ...{ response: credential as RegistrationResponseJSON, expectedChallenge },
          ...{ expectedOrigin: origin, expectedRPID: hostname, requireUserVerification: true },
        }),
      );
      const challenge = answered();
      if (verified?.verified !== true || challenge === undefined) return undefined;
      const { id, publicKey, counter, transports = [] } = verified.registrationInfo.credential;
      return {
        passkey: {
          ...{
            id,
            userId: user.id,
            name,
            publicKey: Buffer.from(publicKey).toString('base64url'),
            counter,
            transports,
          },
          createdAt: clock.now(),
        },
        challenge,
      };
    },
    async ask({ hostname }, user) {
      const { generateAuthenticationOptions } = await import('./webauthn.ts');
      return generateAuthenticationOptions({
        ...{ rpID: hostname, userVerification: 'required', challenge: challenges.create(toShow(user)) },
        ...(user !== undefined && { allowCredentials: await known(user) }),
      });
    },
    async shown({ hostname, origin }, { credential, user }) {
      const response = credential as AuthenticationResponseJSON;
      const found = await store.factors.passkey({ id: response.id });
      if (found === undefined || (user !== undefined && found.user.id !== user.id)) return undefined;
      if (!isOf(found.user, response.response.userHandle)) return undefined;
      const { verifyAuthenticationResponse } = await import('./webauthn.ts');
      const { id, publicKey, counter, transports } = found.passkey;
      const { expectedChallenge, answered } = answerTo(toShow(user));
      const verified = await orUndefined(
        verifyAuthenticationResponse({
          ...{ response, expectedChallenge, expectedOrigin: origin, expectedRPID: hostname },
          credential: {
            id,
            publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')),
            counter,
            transports: [...transports],
          },
          requireUserVerification: true,
        }),
      );
      const challenge = answered();
      if (verified?.verified !== true || challenge === undefined) return undefined;
      const { newCounter } = verified.authenticationInfo;
      const isUsed = await store.factors.usePasskey({ id, counter: newCounter, challenge, now: clock.now() });
      return isUsed ? found.user : undefined;
    },
  };
}

/** The authenticator says whose it is, where it says so. */
function isOf(user: UserRow, userHandle: string | null | undefined): boolean {
  return userHandle == null || Buffer.from(userHandle, 'base64url').toString() === user.id;
}

/** The library throws what is wrong with an answer. */
async function orUndefined<T>(verified: Promise<T>): Promise<T | undefined> {
  try {
    return await verified;
  } catch {
    return undefined;
  }
}
