/**
 * What wrong logins of people cost: by source and account together as with keys, so that nobody shuts out the owner of an
 * account from elsewhere; by source alone and by account alone more tries are free, and answers only come later.
 */

import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { IepError } from '../core/errors.ts';
import { createFailedLogins, sourceOf } from './failed-logins.ts';

export interface LoginThrottle {
  /** Refuses with `too_many_failed_logins`. `account` is what was typed, whether there is such a user or not. */
  check(address: string, account: string): void;
  /** Counts a failure and holds the answer back; the refusal where no more is looked at for a while. */
  failed(address: string, account: string): Promise<IepError | undefined>;
  succeeded(address: string, account: string): void;
}

export function createLoginThrottle(deps: { clock: Pick<Clock, 'monotonic' | 'after'> }): LoginThrottle {
  const pairs = createFailedLogins(deps);
  const sources = createFailedLogins(deps, { free: 20, max: 100 });
  const accounts = createFailedLogins(deps, { free: 10, max: Number.POSITIVE_INFINITY });

  return {
    check(address, account) {
      const { source, pair } = namesOf(address, account);
      pairs.check(pair);
      sources.check(source);
    },
    async failed(address, account) {
      const { source, pair, name } = namesOf(address, account);
      const refusals = await Promise.all([pairs.failed(pair), sources.failed(source), accounts.failed(name)]);
      return refusals.find(({ code }) => code === 'too_many_failed_logins');
    },
    succeeded(address, account) {
      const { pair, name } = namesOf(address, account);
      pairs.succeeded(pair);
      accounts.succeeded(name);
    },
  };
}

/** An account of any length takes the same room. */
function namesOf(address: string, account: string) {
  const source = sourceOf(address);
  const name = createHash('sha256').update(account).digest('base64url');
  return { source, name, pair: `${source} ${name}` };
}
