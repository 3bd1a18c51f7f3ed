/** API keys: the hash only, never the key. */

import { IepError } from '../../../core/errors.ts';
import { optional } from '../../rows/message-rows.ts';
import type { KeyRow, Scope } from '../../verbs/keys.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

interface KeyColumns {
  id: string;
  tenant_id: string | null;
  key_prefix: string;
  name: string | null;
  key_hash: string;
  scopes: string;
  expires_at: number | null;
  revoked_at: number | null;
  last_used_at: number | null;
  created_at: number;
  allowed_ips: string | null;
}

const SELECT = 'SELECT k.*, t.id AS tenant_id FROM api_keys k LEFT JOIN tenants t ON t.no = k.tenant_no';

export const add: Verb<'keys.add'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const insert = db.prepare(
      `INSERT INTO api_keys (id, tenant_no, key_prefix, name, key_hash, scopes, expires_at, revoked_at, last_used_at, created_at, allowed_ips)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    return (key) => {
      const tenant = key.tenantId === undefined ? null : tenantNo(key.tenantId);
      const { changes } = insert.run(
        key.id,
        tenant,
        key.prefix,
        key.name ?? null,
        key.hash,
        JSON.stringify(key.scopes),
        key.expiresAt ?? null,
        key.revokedAt ?? null,
        key.lastUsedAt ?? null,
        key.createdAt,
        networksText(key.allowedIps),
      );
      if (changes === 0) throw new IepError('conflict', 'There is a key with this prefix already.');
    };
  },
};

export const list: Verb<'keys.list'> = {
  kind: 'read',
  prepare(db) {
    const all = db.prepare<[], KeyColumns>(`${SELECT} ORDER BY k.id`);
    const ofTenant = db.prepare<[string], KeyColumns>(`${SELECT} WHERE t.id = +? ORDER BY k.id`);
    return ({ tenantId }) => (tenantId === undefined ? all.all() : ofTenant.all(tenantId)).map(keyOf);
  },
};

export const byPrefix: Verb<'keys.byPrefix'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[string], KeyColumns>(`${SELECT} WHERE k.key_prefix = +?`);
    return (prefix) => {
      const row = select.get(prefix);
      return row && keyOf(row);
    };
  },
};

export const set: Verb<'keys.set'> = {
  kind: 'write',
  prepare(db) {
    const update = db.prepare(
      `UPDATE api_keys SET expires_at = coalesce(?, expires_at), revoked_at = coalesce(?, revoked_at),
         last_used_at = coalesce(?, last_used_at), name = coalesce(?, name),
         allowed_ips = iif(?, ?, allowed_ips) WHERE id = +?`,
    );
    return ({ keyId, expiresAt, revokedAt, lastUsedAt, name, allowedIps }) =>
      update.run(
        expiresAt ?? null,
        revokedAt ?? null,
        lastUsedAt ?? null,
        name ?? null,
        allowedIps === undefined ? 0 : 1,
        networksText(allowedIps),
        keyId,
      ).changes > 0;
  },
};

function networksText(networks: readonly string[] | undefined): string | null {
  return networks === undefined || networks.length === 0 ? null : JSON.stringify(networks);
}

function keyOf(row: KeyColumns): KeyRow {
  return {
    id: row.id,
    ...optional('tenantId', row.tenant_id),
    prefix: row.key_prefix,
    ...optional('name', row.name),
    hash: row.key_hash,
    scopes: JSON.parse(row.scopes) as Scope[],
    createdAt: row.created_at,
    ...optional('expiresAt', row.expires_at),
    ...optional('revokedAt', row.revoked_at),
    ...optional('lastUsedAt', row.last_used_at),
    ...optional('allowedIps', row.allowed_ips === null ? null : (JSON.parse(row.allowed_ips) as string[])),
  };
}
