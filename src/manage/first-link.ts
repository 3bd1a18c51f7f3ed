/** The link that the daemon shows at its start, by which somebody comes in who cannot sign in yet. */

import type { UserRow } from '../db/verbs/people.ts';
import type { StorePart } from '../db/verbs/store.ts';
import { type Audit, systemActor } from './audit/audit.ts';
import { type Link, makeLink, type UserDeskDeps } from './users.ts';

/** `owner`: makes the first owner. `sign-in`: lets the owner in, from this machine alone. */
export interface FirstLink extends Link {
  readonly kind: 'owner' | 'sign-in';
}

export type FirstLinkDeps = Pick<UserDeskDeps, 'clock' | 'newId' | 'baseUrl'> & {
  readonly store: StorePart<'people.users' | 'people.addUser' | 'people.addLink'>;
  readonly audit: Pick<Audit, 'record'>;
};

/** The owner that `--dev` makes where there is none. It has no password. */
const DEV_OWNER = 'dev@localhost';
const LASTS_MS = 24 * 3_600_000;

/** In place of the one before. With `dev` it signs in; else undefined once there is an owner. */
export async function makeFirstLink(deps: FirstLinkDeps, dev: boolean): Promise<FirstLink | undefined> {
  const owner = (await deps.store.people.users({})).find(({ role }) => role === 'owner');
  if (dev) {
    const { id } = owner ?? (await addDevOwner(deps));
    return { kind: 'sign-in', ...(await makeLink(deps, { kind: 'sign-in', userId: id, lastsMs: LASTS_MS })) };
  }
  if (owner !== undefined) return undefined;
  return { kind: 'owner', ...(await makeLink(deps, { kind: 'owner', lastsMs: LASTS_MS })) };
}

async function addDevOwner({ store, audit, clock, newId }: FirstLinkDeps): Promise<UserRow> {
  const now = clock.now();
  const owner: UserRow = { id: newId(), email: DEV_OWNER, role: 'owner', tenants: [], createdAt: now, updatedAt: now };
  await store.people.addUser(owner);
  const actor = systemActor('development');
  await audit.record({
    ...{ actor, source: 'local', action: 'user.add', outcome: 'done', target: owner.email },
    changes: { role: 'owner' },
  });
  return owner;
}
