/** Links that are good once. */

import { optional } from '../../rows/message-rows.ts';
import type { LinkKind, LinkRow, UserRow } from '../../verbs/people.ts';
import type { Connection } from '../connection.ts';
import type { Verb } from '../verb.ts';
import { prepareInsert, prepareUser, type UserColumns } from './users.ts';

interface LinkColumns {
  token_hash: string;
  user_no: number | null;
  kind: LinkKind;
  expires_at: number;
}

export const addLink: Verb<'people.addLink'> = {
  kind: 'write',
  prepare(db) {
    const userNo = db.prepare<[string], number>('SELECT no FROM users WHERE id = ?').pluck();
    const forget = db.prepare('DELETE FROM links WHERE user_no IS NOT DISTINCT FROM ?');
    const insert = db.prepare('INSERT INTO links (token_hash, user_no, kind, expires_at) VALUES (?, ?, ?, ?)');
    return async ({ hash, userId, kind, expiresAt }) => {
      const no = userId === undefined ? null : ((await userNo.get(userId)) ?? null);
      await forget.run(no);
      await insert.run(hash, no, kind, expiresAt);
    };
  },
};

export const link: Verb<'people.link'> = {
  kind: 'read',
  prepare(db) {
    const find = prepareFind(db);
    return async ({ hash, now }) => {
      const found = await find(hash, now);
      return found && { link: found.link, ...optional('user', found.user) };
    };
  },
};

export const useLink: Verb<'people.useLink'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const forget = db.prepare('DELETE FROM links WHERE user_no IS NOT DISTINCT FROM ?');
    const insert = prepareInsert(db);
    const select = db.prepare<[number], UserColumns>('SELECT * FROM users WHERE no = ?');
    const setPassword = db.prepare('UPDATE users SET password_hash = ?, updated_at = ? WHERE no = ?');
    const endSessions = db.prepare('DELETE FROM sessions WHERE user_no = ?');
    const toUser = prepareUser(db);
    return async ({ hash, passwordHash, owner, now }) => {
      const found = await find(hash, now);
      if (found === undefined) return undefined;
      const { userNo } = found;
      if (userNo === null && owner === undefined) return undefined;
      await forget.run(userNo);
      const no =
        userNo ??
        (await insert({ ...(owner ?? { id: '', email: '' }), role: 'owner', createdAt: now, updatedAt: now }));
      if (passwordHash !== undefined) {
        await setPassword.run(passwordHash, now, no);
        await endSessions.run(no);
      }
      const row = await select.get(no);
      return row && (await toUser(row));
    };
  },
};

interface Found {
  readonly link: LinkRow;
  readonly userNo: number | null;
  readonly user: UserRow | undefined;
}

function prepareFind(db: Connection): (hash: string, now: number) => Promise<Found | undefined> {
  const select = db.prepare<[string, number], LinkColumns>(
    'SELECT * FROM links WHERE token_hash = ? AND expires_at > ?',
  );
  const owners = db.prepare<[], number>("SELECT count(*) FROM users WHERE role = 'owner'").pluck();
  const userOf = db.prepare<[number], UserColumns>('SELECT * FROM users WHERE no = ?');
  const toUser = prepareUser(db);
  return async (hash, now) => {
    const row = await select.get(hash, now);
    if (row === undefined) return undefined;
    const { user_no: userNo } = row;
    if (userNo === null && ((await owners.get()) ?? 0) > 0) return undefined;
    const owned = userNo === null ? undefined : await userOf.get(userNo);
    return {
      link: { hash, kind: row.kind, ...optional('userId', owned?.id), expiresAt: row.expires_at },
      userNo,
      user: owned && (await toUser(owned)),
    };
  };
}
