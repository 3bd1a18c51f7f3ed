/** What of the things that somebody shows is a second factor, and who has to show one. */

import type { Factor, SignedIn, UserRow } from '../db/verbs/people.ts';

/** A passkey is one by itself: its authenticator has asked for a finger, a face or a PIN. So is a login for which its provider vouches. */
const secondFactors: ReadonlySet<Factor> = new Set(['totp', 'recovery_code', 'passkey', 'provider_mfa']);

export function hasSecondFactor({ factors }: Pick<UserRow, 'factors'>): boolean {
  return factors !== undefined;
}

/** Who has a second factor shows that; of everybody else anything is enough. */
export function isEnough(user: Pick<UserRow, 'factors'>, shown: Factor): boolean {
  return secondFactors.has(shown) || !hasSecondFactor(user);
}

/** What was removed here since then counts no more. */
export function hasShownSecondFactor({ user, session: { factor } }: SignedIn): boolean {
  if (factor === 'provider_mfa') return true;
  return hasSecondFactor(user) && factor !== undefined && secondFactors.has(factor);
}
