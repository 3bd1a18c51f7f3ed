/** Users and the tenants that they are members of. */

import { IepError } from '../../../core/errors.ts';
import type { PlatformRole } from '../../../core/roles.ts';
import { optional } from '../../rows/message-rows.ts';
import { requireAnOwner } from '../../rules/last-owner.ts';
import type { Identity, Membership, UserRow } from '../../verbs/people.ts';
import type { Connection } from '../connection.ts';
import { mapInTurn } from '../in-turn.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

export interface UserColumns {
  no: number;
  id: string;
  email: string;
  role: PlatformRole | null;
  password_hash: string | null;
  created_at: number;
  updated_at: number;
  signed_in_at: number | null;
}

export const addUser: Verb<'people.addUser'> = {
  kind: 'write',
  prepare(db) {
    const insert = prepareInsert(db);
    const setTenants = prepareSetTenants(db);
    return async (user) => setTenants(await insert(user), user.tenants);
  },
};

export const users: Verb<'people.users'> = {
  kind: 'read',
  prepare(db) {
    const all = db.prepare<[], UserColumns>('SELECT * FROM users ORDER BY email');
    const ofTenant = db.prepare<[string], UserColumns>(
      `SELECT u.* FROM tenants t JOIN members m ON m.tenant_no = t.no JOIN users u ON u.no = m.user_no
       WHERE t.id = ? AND t.removing_at IS NULL ORDER BY u.email`,
    );
    const toUser = prepareUser(db);
    return async ({ tenantId }) =>
      await mapInTurn(tenantId === undefined ? await all.all() : await ofTenant.all(tenantId), toUser);
  },
};

export const user: Verb<'people.user'> = {
  kind: 'read',
  prepare(db) {
    const byId = db.prepare<[string], UserColumns>('SELECT * FROM users WHERE id = ?');
    const byEmail = db.prepare<[string], UserColumns>('SELECT * FROM users WHERE email = ?');
    const byIdentity = prepareByIdentity(db);
    const toUser = prepareUser(db);
    return async (input) => {
      const row =
        'id' in input
          ? await byId.get(input.id)
          : 'email' in input
            ? await byEmail.get(input.email)
            : await byIdentity(input);
      return row && (await toUser(row));
    };
  },
};

export const setUser: Verb<'people.setUser'> = {
  kind: 'write',
  prepare(db) {
    const select = db.prepare<[string], UserColumns>('SELECT * FROM users WHERE id = ?');
    const update = db.prepare<[string | null, string | null, number | null, number, number], UserColumns>(
      'UPDATE users SET role = ?, password_hash = ?, signed_in_at = ?, updated_at = ? WHERE no = ? RETURNING *',
    );
    const othersThan = prepareOtherOwners(db);
    const setTenants = prepareSetTenants(db);
    const endSessions = db.prepare("DELETE FROM sessions WHERE user_no = ? AND id <> coalesce(?, '')");
    const forgetFactors = prepareForgetFactors(db);
    const toUser = prepareUser(db);
    return async ({ userId, role, tenants, passwordHash, factors, signedInAt, keepSession, now }) => {
      const before = await select.get(userId);
      if (before === undefined) return undefined;
      const becomes = role === undefined ? before.role : role;
      requireAnOwner({
        was: before.role ?? undefined,
        becomes: becomes ?? undefined,
        others: await othersThan(before.no),
      });
      if (tenants !== undefined) await setTenants(before.no, tenants);
      if (factors === null) await forgetFactors(before);
      const hash = passwordHash === undefined ? before.password_hash : passwordHash;
      const after = await update.get(becomes, hash, signedInAt ?? before.signed_in_at, now, before.no);
      const isAnother =
        becomes !== before.role || hash !== before.password_hash || tenants !== undefined || factors === null;
      if (isAnother) await endSessions.run(before.no, keepSession ?? null);
      return after && (await toUser(after));
    };
  },
};

export const removeUser: Verb<'people.removeUser'> = {
  kind: 'write',
  prepare(db) {
    const select = db.prepare<[string], UserColumns>('SELECT * FROM users WHERE id = ?');
    const othersThan = prepareOtherOwners(db);
    const remove = db.prepare('DELETE FROM users WHERE no = ?');
    return async ({ userId }) => {
      const row = await select.get(userId);
      if (row === undefined) return false;
      requireAnOwner({ was: row.role ?? undefined, becomes: undefined, others: await othersThan(row.no) });
      return (await remove.run(row.no)).changes > 0;
    };
  },
};

/** Answers the number of the row. */
export function prepareInsert(db: Connection): (user: Omit<UserRow, 'tenants'>) => Promise<number> {
  const insert = db
    .prepare<[string, string, string | null, string | null, number, number], number>(
      `INSERT INTO users (id, email, role, password_hash, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING RETURNING no`,
    )
    .pluck();
  return async ({ id, email, role, passwordHash, createdAt, updatedAt }) => {
    const no = await insert.get(id, email, role ?? null, passwordHash ?? null, createdAt, updatedAt);
    if (no === undefined) throw new IepError('conflict', `${email} is a user already.`);
    return no;
  };
}

export function prepareByIdentity(db: Connection): (identity: Identity) => Promise<UserColumns | undefined> {
  const select = db.prepare<[string, string], UserColumns>(
    'SELECT u.* FROM identities i JOIN users u ON u.no = i.user_no WHERE i.issuer = ? AND i.subject = ?',
  );
  return ({ issuer, subject }) => select.get(issuer, subject);
}

export function prepareSetTenants(db: Connection): (userNo: number, tenants: readonly Membership[]) => Promise<void> {
  const tenantNo = tenantNumbers(db);
  const forget = db.prepare('DELETE FROM members WHERE user_no = ?');
  const insert = db.prepare('INSERT INTO members (user_no, tenant_no, role) VALUES (?, ?, ?)');
  return async (userNo, tenants) => {
    await forget.run(userNo);
    for (const { tenantId, role } of tenants) await insert.run(userNo, await tenantNo(tenantId), role);
  };
}

function prepareForgetFactors(db: Connection): (user: UserColumns) => Promise<void> {
  const totp = db.prepare('DELETE FROM totp_secrets WHERE user_id = ?');
  const codes = db.prepare('DELETE FROM recovery_codes WHERE user_no = ?');
  const passkeys = db.prepare('DELETE FROM passkeys WHERE user_no = ?');
  const identities = db.prepare('DELETE FROM identities WHERE user_no = ?');
  return async ({ id, no }) => {
    await totp.run(id);
    await codes.run(no);
    await passkeys.run(no);
    await identities.run(no);
  };
}

export function prepareOtherOwners(db: Connection): (userNo: number) => Promise<number> {
  const count = db.prepare<[number], number>("SELECT count(*) FROM users WHERE role = 'owner' AND no <> ?").pluck();
  return async (userNo) => (await count.get(userNo)) ?? 0;
}

/** Tenants that are being removed are left out. */
export function prepareUser(db: Connection): (row: UserColumns) => Promise<UserRow> {
  const memberships = db.prepare<[number], Membership>(
    `SELECT t.id AS "tenantId", m.role FROM members m JOIN tenants t ON t.no = m.tenant_no
     WHERE m.user_no = ? AND t.removing_at IS NULL ORDER BY t.slug`,
  );
  const factorsOf = prepareFactors(db);
  const issuersOf = prepareIssuers(db);
  return async (row) => ({
    id: row.id,
    email: row.email,
    ...optional('role', row.role),
    tenants: await memberships.all(row.no),
    ...optional('passwordHash', row.password_hash),
    ...(await factorsOf(row)),
    ...(await issuersOf(row)),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...optional('signedInAt', row.signed_in_at),
  });
}

function prepareIssuers(db: Connection): (user: UserColumns) => Promise<Pick<UserRow, 'issuers'>> {
  const select = db
    .prepare<[number], string>('SELECT DISTINCT issuer FROM identities WHERE user_no = ? ORDER BY issuer')
    .pluck();
  return async ({ no }) => {
    const issuers = await select.all(no);
    return issuers.length === 0 ? {} : { issuers };
  };
}

function prepareFactors(db: Connection): (user: UserColumns) => Promise<Pick<UserRow, 'factors'>> {
  const select = db.prepare<[string, number, number], { totp: number; recoveryCodes: number; passkeys: number }>(
    `SELECT (SELECT count(*) FROM totp_secrets WHERE user_id = ? AND confirmed_at IS NOT NULL) AS totp,
       (SELECT count(*) FROM recovery_codes WHERE user_no = ?) AS "recoveryCodes",
       (SELECT count(*) FROM passkeys WHERE user_no = ?) AS passkeys`,
  );
  return async ({ id, no }) => {
    const found = await select.get(id, no, no);
    if (found === undefined || found.totp + found.passkeys === 0) return {};
    return { factors: { ...found, totp: found.totp > 0 } };
  };
}
