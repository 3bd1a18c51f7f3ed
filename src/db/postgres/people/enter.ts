/** Somebody comes from a login provider: the user is found or added, and has the rights that come along. */

import { changesRights, judgeEntry } from '../../rules/entry.ts';
import { requireAnOwner } from '../../rules/last-owner.ts';
import type { Entry, UserRow } from '../../verbs/people.ts';
import type { Connection } from '../connection.ts';
import type { Verb } from '../verb.ts';
import {
  prepareByIdentity,
  prepareInsert,
  prepareOtherOwners,
  prepareSetTenants,
  prepareUser,
  type UserColumns,
} from './users.ts';

export const enter: Verb<'people.enter'> = {
  kind: 'write',
  prepare(db) {
    const byIdentity = prepareByIdentity(db);
    const byEmail = db.prepare<[string], UserColumns>('SELECT * FROM users WHERE email = ?');
    const byNumber = db.prepare<[number], UserColumns>('SELECT * FROM users WHERE no = ?');
    const insert = prepareInsert(db);
    const know = db.prepare('INSERT INTO identities (issuer, subject, user_no, created_at) VALUES (?, ?, ?, ?)');
    const forgetLinks = db.prepare('DELETE FROM links WHERE user_no = ?');
    const setRights = prepareSetRights(db);
    const toUser = prepareUser(db);
    return async ({ identity, email, rights, userId, now }) => {
      const known = await byIdentity(identity);
      const namesake = known === undefined && email !== undefined ? await byEmail.get(email) : undefined;
      const row = known ?? namesake;
      const before = row && (await toUser(row));
      const judgement = judgeEntry({
        ...{ email, rights },
        ...{ known: known && before, namesake: namesake && before },
      });
      switch (judgement) {
        case 'no_email':
        case 'taken':
          return { refused: judgement, ...(before && { user: before }) };
        case 'no_role': {
          if (known === undefined || before === undefined) return { refused: judgement };
          if (rights) await setRights(known.no, { before, rights, now });
          return { refused: judgement, user: await toUser((await byNumber.get(known.no)) ?? known), before };
        }
        default: {
          const no = row?.no ?? (await insert({ id: userId, email: email ?? '', createdAt: now, updatedAt: now }));
          if (known === undefined) await know.run(identity.issuer, identity.subject, no, now);
          if (judgement === 'joined') await forgetLinks.run(no);
          if (rights) await setRights(no, { before: before ?? { tenants: [] }, rights, now });
          const entered = await byNumber.get(no);
          if (entered === undefined) throw new Error('the user is not there who has just entered');
          return { entered: judgement, user: await toUser(entered), ...(before && { before }) };
        }
      }
    };
  },
};

interface Change {
  readonly before: Pick<UserRow, 'role' | 'tenants'>;
  readonly rights: NonNullable<Entry['rights']>;
  readonly now: number;
}

/** Ends the sessions where the rights are others. */
function prepareSetRights(db: Connection): (userNo: number, change: Change) => Promise<void> {
  const setRole = db.prepare('UPDATE users SET role = ?, updated_at = ? WHERE no = ?');
  const setTenants = prepareSetTenants(db);
  const othersThan = prepareOtherOwners(db);
  const endSessions = db.prepare('DELETE FROM sessions WHERE user_no = ?');
  return async (userNo, { before, rights, now }) => {
    if (!changesRights(before, rights)) return;
    requireAnOwner({ was: before.role, becomes: rights.role, others: await othersThan(userNo) });
    await setRole.run(rights.role ?? null, now, userNo);
    await setTenants(userNo, rights.tenants);
    await endSessions.run(userNo);
  };
}
