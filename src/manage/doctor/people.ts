/** The people: whether anybody can sign in who manages the platform, and whether it can with what is asked for. */

import type { Config } from '../../config/schema.ts';
import { counted } from '../../core/counted.ts';
import type { UserRow } from '../../db/verbs/people.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import { type Finding, ok, warning } from './finding.ts';

/** With fewer somebody is out soon who has lost the authenticator. */
const FEW_CODES = 3;

export async function* checkPeople({
  store,
  config,
}: {
  readonly store: StorePart<'people.users'>;
  readonly config: { readonly dashboard: Pick<Config['dashboard'], 'requireSecondFactor'> };
}): AsyncGenerator<Finding> {
  const users = await store.people.users({});
  const managers = users.filter(({ role }) => role === 'owner' || role === 'operator');
  const owners = users.filter(({ role }) => role === 'owner');
  if (users.length === 0) {
    yield ok('people', 'nobody yet: keys alone manage the platform');
    return;
  }
  if (!managers.some(canSignIn)) {
    const detail =
      'no owner or operator has a password, a passkey or a login provider: nobody who manages the platform can sign in';
    yield warning('people', detail, 'iep user reset EMAIL, or iep user add EMAIL --role owner, makes a link.');
  } else {
    yield ok('people', `${counted(users.length, 'person', 'people')}, ${counted(owners.length, 'owner')}`);
  }
  for (const { email, factors, issuers } of config.dashboard.requireSecondFactor ? owners.filter(canSignIn) : []) {
    // A login provider may vouch for one.
    if (factors !== undefined || issuers !== undefined) continue;
    const advice = `${email} sets one up at /ui/account; until then it may do nothing else there.`;
    yield warning(`second factor of ${email}`, 'is asked for (dashboard.requireSecondFactor), and not set up', advice);
  }
  for (const { email, factors } of users) {
    if (factors?.totp !== true || factors.recoveryCodes >= FEW_CODES) continue;
    const left = `${counted(factors.recoveryCodes, 'recovery code is', 'recovery codes are')} left`;
    yield warning(`second factor of ${email}`, left, `${email} makes new ones at /ui/account.`);
  }
}

function canSignIn({ passwordHash, factors, issuers }: UserRow): boolean {
  return passwordHash !== undefined || (factors?.passkeys ?? 0) > 0 || issuers !== undefined;
}
