/** Who comes from a login provider becomes a user here, with the roles that the provider gives it, or hears why not. */

import { isDeepStrictEqual } from 'node:util';
import type { ClaimedRights } from '../access/claims.ts';
import type { Directory } from '../access/directory.ts';
import type { ProvedLogin } from '../access/login-providers.ts';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { NewId } from '../core/ids.ts';
import type { Entry, EntryRefusal, UserRow } from '../db/verbs/people.ts';
import type { StorePart } from '../db/verbs/store.ts';
import { type Audit, systemActor } from './audit/audit.ts';
import type { Visitor } from './visitor.ts';

export type EntranceDeps = {
  readonly store: StorePart<'people.enter'>;
  readonly directory: Pick<Directory, 'bySlug'>;
  readonly audit: Pick<Audit, 'record'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
};

type Enter = (
  proved: ProvedLogin,
  from: {
    /** Of the login provider. */ readonly name: string;
    readonly visitor: Pick<Visitor, 'source' | 'requestId'>;
  },
) => Promise<UserRow>;

export function createEntrance({ store, directory, audit, clock, newId }: EntranceDeps): Enter {
  /** A tenant that is not there gives no role. */
  async function rightsHere({ role, tenants }: ClaimedRights): Promise<NonNullable<Entry['rights']>> {
    const memberships = await Promise.all(
      tenants.map(async (one) => ({ tenant: await directory.bySlug(one.tenant), role: one.role })),
    );
    return {
      ...(role !== undefined && { role }),
      tenants: memberships.flatMap((one) => (one.tenant ? [{ tenantId: one.tenant.id, role: one.role }] : [])),
    };
  }

  return async ({ identity, email, rights }, { name, visitor: { source, requestId } }) => {
    const entry = await store.people.enter({
      ...{ identity, userId: newId(), now: clock.now() },
      ...(email !== undefined && { email }),
      ...(rights && { rights: await rightsHere(rights) }),
    });
    const { user, before } = entry;
    const record = (action: string, target: string, changes: Readonly<Record<string, unknown>>) =>
      audit.record({
        ...{ actor: systemActor('login provider'), source, requestId, action, target },
        ...{ outcome: 'done', changes: { loginProvider: name, ...changes } },
      });
    if ('entered' in entry && entry.entered === 'added')
      await record('user.add', entry.user.email, rightsOf(entry.user));
    if ('entered' in entry && entry.entered === 'joined') await record('user.join', entry.user.email, {});
    if (user !== undefined && before !== undefined && !isDeepStrictEqual(rightsOf(user), rightsOf(before))) {
      await record('user.set', user.email, { before: rightsOf(before), after: rightsOf(user) });
    }
    if ('refused' in entry) throw refusalOf(entry.refused, { name, email });
    return entry.user;
  };
}

function rightsOf({ role, tenants }: UserRow) {
  return { role, tenants };
}

function refusalOf(
  why: EntryRefusal,
  { name, email }: { readonly name: string; readonly email: string | undefined },
): IepError {
  if (why === 'taken') {
    const hint = `Sign in as before. After \`iep user reset ${email}\` the login at ${name} is that of ${email}.`;
    return new IepError('conflict', `${email} signs in here in another way`, { extra: { hint } });
  }
  if (why === 'no_email') {
    const hint = `Verify the address at ${name}. Where it does not tell what it verified, an operator sets \`trustEmail\`.`;
    return new IepError('forbidden', `${name} does not vouch for your address`, { extra: { hint } });
  }
  const hint = `Ask an operator: a role comes from what ${name} tells of you (\`dashboard.oidc\`), or from \`iep user add\`.`;
  return new IepError('forbidden', `${name} knows you, and you have no role here`, { extra: { hint } });
}
