/** Passkeys, and the challenges that they answered. */

import { IepError } from '../../../core/errors.ts';
import { optional } from '../../rows/message-rows.ts';
import type { AnsweredChallenge, PasskeyRow } from '../../verbs/factors.ts';
import type { Connection } from '../connection.ts';
import { prepareEndOtherSessions } from '../people/sessions.ts';
import { prepareUser, type UserColumns } from '../people/users.ts';
import type { Verb } from '../verb.ts';

interface PasskeyColumns {
  id: string;
  user_no: number;
  user_id: string;
  name: string;
  public_key: string;
  counter: number;
  transports: string;
  created_at: number;
  used_at: number | null;
}

const SELECT = 'SELECT p.*, u.id AS user_id FROM passkeys p JOIN users u ON u.no = p.user_no';

export const addPasskey: Verb<'factors.addPasskey'> = {
  kind: 'write',
  prepare(db) {
    const insert = db.prepare(
      `INSERT INTO passkeys (id, user_no, name, public_key, counter, transports, created_at)
       SELECT ?, no, ?, ?, ?, ?, ? FROM users WHERE id = +? ON CONFLICT DO NOTHING`,
    );
    const answer = prepareAnswer(db);
    const endSessions = prepareEndOtherSessions(db);
    return ({ passkey: { id, userId, name, publicKey, counter, transports, createdAt }, challenge, keepSession }) => {
      if (!answer(challenge)) return false;
      const { changes } = insert.run(id, name, publicKey, counter, JSON.stringify(transports), createdAt, userId);
      if (changes === 0) throw new IepError('conflict', 'This passkey is known already.');
      endSessions(userId, keepSession);
      return true;
    };
  },
};

export const passkeys: Verb<'factors.passkeys'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[string], PasskeyColumns>(`${SELECT} WHERE u.id = +? ORDER BY p.created_at, p.id`);
    return ({ userId }) => select.all(userId).map(toPasskey);
  },
};

export const passkey: Verb<'factors.passkey'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[string], PasskeyColumns>(`${SELECT} WHERE p.id = +?`);
    const userOf = db.prepare<[number], UserColumns>('SELECT * FROM users WHERE no = +?');
    const toUser = prepareUser(db);
    return ({ id }) => {
      const row = select.get(id);
      const user = row && userOf.get(row.user_no);
      return row && user && { passkey: toPasskey(row), user: toUser(user) };
    };
  },
};

export const usePasskey: Verb<'factors.usePasskey'> = {
  kind: 'write',
  prepare(db) {
    // One that does not count says 0 each time.
    const use = db.prepare(
      'UPDATE passkeys SET counter = ?, used_at = ? WHERE id = +? AND (counter < ? OR (counter = 0 AND ? = 0))',
    );
    const answer = prepareAnswer(db);
    return ({ id, counter, challenge, now }) =>
      answer(challenge) && use.run(counter, now, id, counter, counter).changes > 0;
  },
};

export const removePasskey: Verb<'factors.removePasskey'> = {
  kind: 'write',
  prepare(db) {
    const remove = db.prepare(
      'DELETE FROM passkeys WHERE id = +? AND user_no = (SELECT no FROM users WHERE users.id = +?)',
    );
    const endSessions = prepareEndOtherSessions(db);
    return ({ id, userId, keepSession }) => {
      if (remove.run(id, userId).changes === 0) return false;
      endSessions(userId, keepSession);
      return true;
    };
  },
};

function prepareAnswer(db: Connection): (challenge: AnsweredChallenge) => boolean {
  const insert = db.prepare('INSERT INTO answered_challenges (hash, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING');
  return ({ hash, expiresAt }) => insert.run(hash, expiresAt).changes > 0;
}

function toPasskey(row: PasskeyColumns): PasskeyRow {
  return {
    ...{ id: row.id, userId: row.user_id, name: row.name, publicKey: row.public_key, counter: row.counter },
    transports: JSON.parse(row.transports) as string[],
    createdAt: row.created_at,
    ...optional('usedAt', row.used_at),
  };
}
