/** Who is signed in. Each call reads its session anew, so that the end of one holds at once in every process. */

import { IDLE_MS, isOver, LONGEST_MS } from '../../../core/session-life.ts';
import { readSession, type SessionColumns } from '../../rows/session-rows.ts';
import type { Connection } from '../connection.ts';
import type { Verb } from '../verb.ts';
import { prepareUser, type UserColumns } from './users.ts';

const SELECT = 'SELECT s.*, u.id AS user_id FROM sessions s JOIN users u ON u.no = s.user_no';

export const addSession: Verb<'people.addSession'> = {
  kind: 'write',
  prepare(db) {
    const insert = db.prepare(
      `INSERT INTO sessions (id, user_no, token_hash, way, source, agent, created_at, used_at, factor, factor_at)
       SELECT ?, no, ?, ?, ?, ?, ?, ?, ?, ? FROM users WHERE id = +?`,
    );
    return ({ id, userId, hash, way, source, agent, createdAt, usedAt, factor, factorAt }) => {
      insert.run(id, hash, way, source, agent ?? null, createdAt, usedAt, factor ?? null, factorAt ?? null, userId);
    };
  },
};

export const session: Verb<'people.session'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[string], SessionColumns>(`${SELECT} WHERE s.token_hash = +?`);
    const userOf = db.prepare<[number], UserColumns>('SELECT * FROM users WHERE no = +?');
    const toUser = prepareUser(db);
    return ({ hash, now }) => {
      const row = select.get(hash);
      const owner = row && userOf.get(row.user_no);
      if (row === undefined || owner === undefined) return undefined;
      const found = readSession(row);
      return isOver(found, now) ? undefined : { session: found, user: toUser(owner) };
    };
  },
};

export const setSession: Verb<'people.setSession'> = {
  kind: 'write',
  prepare(db) {
    const update = db.prepare(
      `UPDATE sessions SET token_hash = coalesce(?, token_hash), used_at = max(used_at, coalesce(?, used_at)),
         factor = coalesce(?, factor), factor_at = coalesce(?, factor_at) WHERE id = +?`,
    );
    return ({ sessionId, hash, usedAt, factor, factorAt }) =>
      update.run(hash ?? null, usedAt ?? null, factor ?? null, factorAt ?? null, sessionId).changes > 0;
  },
};

export const sessions: Verb<'people.sessions'> = {
  kind: 'read',
  prepare(db) {
    const all = db.prepare<[], SessionColumns>(`${SELECT} ORDER BY s.created_at DESC, s.id DESC`);
    const ofUser = db.prepare<[string], SessionColumns>(
      `${SELECT} WHERE u.id = +? ORDER BY s.created_at DESC, s.id DESC`,
    );
    return ({ userId, now }) =>
      (userId === undefined ? all.all() : ofUser.all(userId)).map(readSession).filter((one) => !isOver(one, now));
  },
};

export const endSession: Verb<'people.endSession'> = {
  kind: 'write',
  prepare(db) {
    const end = db.prepare('DELETE FROM sessions WHERE id = +?');
    const endOwn = db.prepare(
      'DELETE FROM sessions WHERE id = +? AND user_no = (SELECT no FROM users WHERE users.id = +?)',
    );
    return ({ sessionId, userId }) =>
      (userId === undefined ? end.run(sessionId) : endOwn.run(sessionId, userId)).changes > 0;
  },
};

export const sweep: Verb<'people.sweep'> = {
  kind: 'write',
  prepare(db) {
    const sessions = db.prepare(
      'DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE used_at <= ? OR created_at <= ? LIMIT ?)',
    );
    const links = db.prepare(
      'DELETE FROM links WHERE token_hash IN (SELECT token_hash FROM links WHERE expires_at <= ? LIMIT ?)',
    );
    const challenges = db.prepare(
      'DELETE FROM answered_challenges WHERE hash IN (SELECT hash FROM answered_challenges WHERE expires_at <= ? LIMIT ?)',
    );
    return ({ now, limit }) =>
      sessions.run(now - IDLE_MS, now - LONGEST_MS, limit).changes +
      links.run(now, limit).changes +
      challenges.run(now, limit).changes;
  },
};

/** Of a user, but for one. */
export function prepareEndOtherSessions(db: Connection): (userId: string, kept: string) => void {
  const end = db.prepare(
    'DELETE FROM sessions WHERE user_no = (SELECT no FROM users WHERE users.id = +?) AND sessions.id <> ?',
  );
  return (userId, kept) => {
    end.run(userId, kept);
  };
}
