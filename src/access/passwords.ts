/** Passwords of people: hashed off the event loop, few at once, and as long for a user who is not there as for one who is. */

import { IepError } from '../core/errors.ts';
import { createLimiter } from '../core/limiter.ts';
import { siteOf } from './failed-logins.ts';
import { MAX_PASSWORD_LENGTH, sameSpelling } from './password-rules.ts';
import { hashSecret, verifySecret } from './secret-hash.ts';

export interface Passwords {
  hash(password: string): Promise<string>;
  /** `hash` undefined: the user is not there or has none; it takes as long to say no. Refuses with `rate_limited`. */
  verify(password: string, hash: string | undefined, source: string): Promise<boolean>;
}

export function createPasswords(): Passwords {
  const checks = createLimiter({
    atOnce: 1,
    waiting: { atOnce: 64, ofOne: 8 },
    tooMany: () =>
      new IepError('rate_limited', 'Too many passwords are being checked at once', { retryAfterMs: 1_000 }),
  });
  let nobodys: Promise<string> | undefined;

  return {
    hash: (password) => hashSecret(sameSpelling(password)),
    async verify(password, hash, source) {
      nobodys ??= hashSecret('nobody has this password');
      const compared = hash ?? (await nobodys);
      const text = sameSpelling(password.slice(0, MAX_PASSWORD_LENGTH + 1));
      const isRight = await checks.pass(siteOf(source), () => verifySecret(text, compared));
      return isRight && hash !== undefined;
    },
  };
}
