/** TOTP and recovery codes. That a code is good once is decided by the row that it changes. */

import { IepError } from '../../../core/errors.ts';
import { optional } from '../../rows/message-rows.ts';
import type { Connection } from '../connection.ts';
import { prepareEndOtherSessions } from '../people/sessions.ts';
import type { Verb } from '../verb.ts';

interface TotpColumns {
  secret: string;
  confirmed_at: number | null;
  step: number | null;
}

export const offerTotp: Verb<'factors.offerTotp'> = {
  kind: 'write',
  prepare(db) {
    const offer = db.prepare(
      `INSERT INTO totp_secrets (user_id, secret) VALUES (?, ?)
       ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret WHERE confirmed_at IS NULL`,
    );
    return ({ userId, secret }) => {
      if (offer.run(userId, secret).changes > 0) return;
      throw new IepError('conflict', 'There is a second factor already. Remove it before another is set up.');
    };
  },
};

export const totp: Verb<'factors.totp'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[string], TotpColumns>('SELECT * FROM totp_secrets WHERE user_id = +?');
    return ({ userId }) => {
      const row = select.get(userId);
      return row && { secret: row.secret, isConfirmed: row.confirmed_at !== null, ...optional('step', row.step) };
    };
  },
};

export const confirmTotp: Verb<'factors.confirmTotp'> = {
  kind: 'write',
  prepare(db) {
    const confirm = db.prepare(
      'UPDATE totp_secrets SET confirmed_at = ?, step = ? WHERE user_id = +? AND confirmed_at IS NULL',
    );
    const setCodes = prepareSetCodes(db);
    const endSessions = prepareEndOtherSessions(db);
    return ({ userId, step, recoveryHashes, keepSession, now }) => {
      if (confirm.run(now, step, userId).changes === 0) return false;
      setCodes(userId, recoveryHashes);
      endSessions(userId, keepSession);
      return true;
    };
  },
};

export const useTotpStep: Verb<'factors.useTotpStep'> = {
  kind: 'write',
  prepare(db) {
    const use = db.prepare(
      'UPDATE totp_secrets SET step = ? WHERE user_id = +? AND confirmed_at IS NOT NULL AND step < ?',
    );
    return ({ userId, step }) => use.run(step, userId, step).changes > 0;
  },
};

export const useRecoveryCode: Verb<'factors.useRecoveryCode'> = {
  kind: 'write',
  prepare(db) {
    const use = db.prepare(
      'DELETE FROM recovery_codes WHERE user_no = (SELECT no FROM users WHERE users.id = +?) AND hash = +?',
    );
    return ({ userId, hash }) => use.run(userId, hash).changes > 0;
  },
};

export const setRecoveryCodes: Verb<'factors.setRecoveryCodes'> = {
  kind: 'write',
  prepare(db) {
    const confirmed = db.prepare('SELECT 1 FROM totp_secrets WHERE user_id = +? AND confirmed_at IS NOT NULL');
    const setCodes = prepareSetCodes(db);
    return ({ userId, hashes }) => {
      if (confirmed.get(userId) === undefined) return false;
      setCodes(userId, hashes);
      return true;
    };
  },
};

export const removeTotp: Verb<'factors.removeTotp'> = {
  kind: 'write',
  prepare(db) {
    const remove = db.prepare('DELETE FROM totp_secrets WHERE user_id = +? AND confirmed_at IS NOT NULL');
    const setCodes = prepareSetCodes(db);
    const endSessions = prepareEndOtherSessions(db);
    return ({ userId, keepSession }) => {
      if (remove.run(userId).changes === 0) return false;
      setCodes(userId, []);
      endSessions(userId, keepSession);
      return true;
    };
  },
};

function prepareSetCodes(db: Connection): (userId: string, hashes: readonly string[]) => void {
  const forget = db.prepare('DELETE FROM recovery_codes WHERE user_no = (SELECT no FROM users WHERE users.id = +?)');
  const insert = db.prepare('INSERT INTO recovery_codes (user_no, hash) SELECT no, ? FROM users WHERE id = +?');
  return (userId, hashes) => {
    forget.run(userId);
    for (const hash of hashes) insert.run(hash, userId);
  };
}
