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
    const userNo = db.prepare<[string], number>('SELECT no FROM users WHERE id = +?').pluck();
    const forget = db.prepare('DELETE FROM links WHERE user_no IS ?');
    const insert = db.prepare('INSERT INTO links (token_hash, user_no, kind, expires_at) VALUES (?, ?, ?, ?)');
    return ({ hash, userId, kind, expiresAt }) => {
      const no = userId === undefined ? null : (userNo.get(userId) ?? null);
      forget.run(no);
      insert.run(hash, no, kind, expiresAt);
    };
  },
};

export const link: Verb<'people.link'> = {
  kind: 'read',
  prepare(db) {
    const find = prepareFind(db);
    return ({ hash, now }) => {
      const found = find(hash, now);
      return found && { link: found.link, ...optional('user', found.user) };
    };
  },
};

export const useLink: Verb<'people.useLink'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const forget = db.prepare('DELETE FROM links WHERE user_no IS ?');
    const insert = prepareInsert(db);
    const select = db.prepare<[number], UserColumns>('SELECT * FROM users WHERE no = +?');
    const setPassword = db.prepare('UPDATE users SET password_hash = ?, updated_at = ? WHERE no = +?');
    const endSessions = db.prepare('DELETE FROM sessions WHERE user_no = +?');
    const toUser = prepareUser(db);
    return ({ hash, passwordHash, owner, now }) => {
      const found = find(hash, now);
      if (found === undefined) return undefined;
      const { userNo } = found;
      if (userNo === null && owner === undefined) return undefined;
      forget.run(userNo);
      const no =
        userNo ?? insert({ ...(owner ?? { id: '', email: '' }), role: 'owner', createdAt: now, updatedAt: now });
      if (passwordHash !== undefined) {
        setPassword.run(passwordHash, now, no);
        endSessions.run(no);
      }
      const row = select.get(no);
      return row && toUser(row);
    };
  },
};

interface Found {
  readonly link: LinkRow;
  readonly userNo: number | null;
  readonly user: UserRow | undefined;
}

function prepareFind(db: Connection): (hash: string, now: number) => Found | undefined {
  const select = db.prepare<[string, number], LinkColumns>(
    'SELECT * FROM links WHERE token_hash = +? AND expires_at > +?',
  );
  const owners = db.prepare<[], number>("SELECT count(*) FROM users WHERE role = 'owner'").pluck();
  const userOf = db.prepare<[number], UserColumns>('SELECT * FROM users WHERE no = +?');
  const toUser = prepareUser(db);
  return (hash, now) => {
    const row = select.get(hash, now);
    if (row === undefined) return undefined;
    const { user_no: userNo } = row;
    if (userNo === null && (owners.get() ?? 0) > 0) return undefined;
    const owned = userNo === null ? undefined : userOf.get(userNo);
    return {
      link: { hash, kind: row.kind, ...optional('userId', owned?.id), expiresAt: row.expires_at },
      userNo,
      user: owned && toUser(owned),
    };
  };
}
