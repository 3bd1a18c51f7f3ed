/**
 * The second factor: codes of a time (RFC 6238: SHA-1, 30 s, six digits, as every authenticator has them), and recovery codes in
 * their place. The code of a time is good once, and a step early or late. The secret is sealed for `totp:<user>`.
 */

import { Secret, TOTP } from 'otpauth';
import type { Clock } from '../core/clock.ts';
import type { Vault } from '../core/vault.ts';
import type { StorePart } from '../db/verbs/store.ts';
import { recoveryHash } from './recovery-codes.ts';

export interface TotpCodes {
  /** A new secret, not kept. `issuer` and `account` are what an authenticator shows. */
  create(names: { readonly issuer: string; readonly account: string }): {
    readonly secret: string;
    readonly uri: string;
  };
  seal(userId: string, secret: string): string;
  /** The time step of a code that the sealed secret makes about now; undefined: it makes no such code. */
  stepOf(code: string, sealed: { readonly userId: string; readonly secret: string }): number | undefined;
  /** Uses the code up. Undefined where it is wrong or was used. */
  use(userId: string, code: string): Promise<'totp' | 'recovery_code' | undefined>;
}

const SECRET_BYTES = 20;
const STEP_MS = 30_000;
/** Steps that a clock may be off. */
const WINDOW = 1;
const CODE = /^\d{6}$/;

export function createTotpCodes(deps: {
  readonly store: StorePart<'factors.totp' | 'factors.useTotpStep' | 'factors.useRecoveryCode'>;
  readonly vault: Vault;
  readonly clock: Pick<Clock, 'now'>;
}): TotpCodes {
  const { store, vault, clock } = deps;
  const context = (userId: string) => `totp:${userId}`;

  const stepOf: TotpCodes['stepOf'] = (code, { userId, secret }) => {
    if (!CODE.test(digitsOf(code))) return undefined;
    const now = clock.now();
    const totp = new TOTP({ secret: Secret.fromBase32(vault.open(secret, context(userId))) });
    const delta = totp.validate({ token: digitsOf(code), timestamp: now, window: WINDOW });
    return delta === null ? undefined : Math.floor(now / STEP_MS) + delta;
  };

  return {
    create({ issuer, account }) {
      const secret = new Secret({ size: SECRET_BYTES });
      return { secret: secret.base32, uri: new TOTP({ issuer, label: account, secret }).toString() };
    },
    seal: (userId, secret) => vault.seal(secret, context(userId)),
    stepOf,
    async use(userId, code) {
      if (!CODE.test(digitsOf(code))) {
        const isRight = await store.factors.useRecoveryCode({ userId, hash: recoveryHash(userId, code) });
        return isRight ? 'recovery_code' : undefined;
      }
      const kept = await store.factors.totp({ userId });
      const step = kept?.isConfirmed === true ? stepOf(code, { userId, secret: kept.secret }) : undefined;
      if (step === undefined) return undefined;
      return (await store.factors.useTotpStep({ userId, step })) ? 'totp' : undefined;
    },
  };
}

/** Authenticators show them as `123 456`. */
function digitsOf(code: string): string {
  return code.replaceAll(' ', '');
}
