/** API keys: made, changed, rotated and revoked by the operator. */

import { type Directory, findTenant } from '../access/directory.ts';
import type { IssuedKey, Keys } from '../access/keys.ts';
import { IepError } from '../core/errors.ts';
import type { KeyRow, Scope } from '../db/verbs/keys.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Audit } from './audit/audit.ts';
import type { AuditNote, Caller } from './audit/caller.ts';

/** A key and whose it is; the operator's own have no tenant. */
export interface OwnedKey {
  readonly row: KeyRow;
  readonly tenant: Tenant | undefined;
}

export interface KeyDesk {
  /** Of the tenant with this slug or id; without one it is an operator's key. */
  add(
    caller: Caller,
    input: {
      tenant?: string | undefined;
      scopes: readonly Scope[];
      name?: string | undefined;
      expiresAt?: number | undefined;
      allowedIps?: readonly string[] | undefined;
    },
  ): Promise<OwnedKey & IssuedKey>;
  /** Changes what is given. */
  set(
    caller: Caller,
    input: { keyId: string; name?: string | undefined; allowedIps?: readonly string[] | undefined },
  ): Promise<OwnedKey>;
  /** Makes a successor with the same rights; the old key works on for `overlapMs`. */
  rotate(caller: Caller, input: { keyId: string; overlapMs: number }): Promise<OwnedKey & IssuedKey>;
  revoke(caller: Caller, input: { keyId: string }): Promise<OwnedKey>;
}

export interface KeyDeskDeps {
  readonly store: StorePart<'keys.list'>;
  readonly keys: Pick<Keys, 'issue' | 'change' | 'rotate' | 'revoke'>;
  readonly directory: Directory;
  readonly audit: Pick<Audit, 'act'>;
}

export function createKeyDesk({ store, keys, directory, audit }: KeyDeskDeps): KeyDesk {
  const owned = async (row: KeyRow): Promise<OwnedKey> => ({
    row,
    tenant: row.tenantId === undefined ? undefined : await directory.byId(row.tenantId),
  });

  function actOn<T>(
    caller: Caller,
    { action, keyId }: { action: string; keyId: string },
    work: (key: OwnedKey, note: (more: AuditNote) => void) => Promise<T>,
  ): Promise<T> {
    return audit.act(caller, { action, target: keyId }, async (note) => {
      const row = (await store.keys.list({})).find(({ id }) => id === keyId);
      if (row === undefined) throw noKey();
      const key = await owned(row);
      if (key.tenant !== undefined) note({ tenant: key.tenant.slug });
      return work(key, note);
    });
  }

  return {
    add: (caller, { tenant: named, scopes, name, expiresAt, allowedIps }) =>
      audit.act(caller, { action: 'key.add', tenant: named }, async (note) => {
        const tenant = named === undefined ? undefined : await findTenant(directory, named);
        if (tenant !== undefined) note({ tenant: tenant.slug });
        const issued = await keys.issue({
          scopes,
          ...(tenant !== undefined && { tenantId: tenant.id }),
          ...(name !== undefined && { name }),
          ...(expiresAt !== undefined && { expiresAt }),
          ...(allowedIps !== undefined && { allowedIps }),
        });
        note({ target: issued.row.id, after: kept(issued.row) });
        return { ...issued, tenant };
      }),
    set: (caller, { keyId, name, allowedIps }) =>
      actOn(caller, { action: 'key.set', keyId }, async (before, note) => {
        const row = await keys.change({
          keyId,
          ...(name !== undefined && { name }),
          ...(allowedIps !== undefined && { allowedIps }),
        });
        if (row === undefined) throw noKey();
        note({ before: kept(before.row), after: kept(row) });
        return { ...before, row };
      }),
    rotate: (caller, { keyId, overlapMs }) =>
      actOn(caller, { action: 'key.rotate', keyId }, async ({ tenant }, note) => {
        const issued = await keys.rotate({ keyId, overlapMs });
        note({ after: { issuedKeyId: issued.row.id } });
        return { ...issued, tenant };
      }),
    revoke: (caller, { keyId }) =>
      actOn(caller, { action: 'key.revoke', keyId }, async (key) => {
        if (!(await keys.revoke(keyId))) throw noKey();
        return key;
      }),
  };
}

/** What the audit log has of a key: its rights, and nothing that its secret could be guessed by. */
function kept({ name, scopes, expiresAt, allowedIps = [] }: KeyRow): Readonly<Record<string, unknown>> {
  return { name, scopes, expiresAt, allowedIps };
}

function noKey(): IepError {
  return new IepError('not_found', 'No key has this id');
}
