/** Sender domains, what DNS said of them, and their DKIM keys. */

import { IepError } from '../../../core/errors.ts';
import { optional } from '../../rows/message-rows.ts';
import { requireFreeForOperator, requireFreeForTenant, requireNewClaim } from '../../rules/domain-owner.ts';
import type {
  AddedBy,
  DkimAlgorithm,
  DkimKey,
  DkimState,
  DomainCheck,
  RecordCheck,
  SealedDkimKey,
  SenderDomain,
  SigningKeyRow,
} from '../../verbs/domains.ts';
import type { Connection } from '../connection.ts';
import { mapInTurn } from '../in-turn.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

/** Looks at DNS that are remembered for each domain. */
const KEPT_CHECKS = 100;

export const add: Verb<'domains.add'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const find = prepareFind(db);
    const isForeign = prepareForeign(db);
    const others = db
      .prepare<[string, number], string>(
        `SELECT t.slug FROM allowed_sender_domains d JOIN tenants t ON t.no = d.tenant_no
         WHERE d.domain = ? AND d.held = 1 AND t.no <> ? ORDER BY t.slug`,
      )
      .pluck();
    const share = db.prepare('UPDATE allowed_sender_domains SET shared = 1 WHERE domain = ? AND held = 1');
    const insert = db.prepare(
      `INSERT INTO allowed_sender_domains (id, tenant_no, domain, created_at, added_by, held, shared)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    const take = db.prepare(
      "UPDATE allowed_sender_domains SET added_by = 'operator', held = 1, shared = ? WHERE id = ?",
    );
    const insertKey = prepareInsertKey(db);
    const hasKeys = db.prepare('SELECT 1 FROM dkim_keys WHERE domain_id = ?');
    return async ({ tenantId, domain, id, now, keys = [], by = 'operator', shared = false }) => {
      const tenant = await tenantNo(tenantId);
      const own = await find(tenantId, domain);
      const claim = { domain, by, shared };
      requireNewClaim(claim, own && { addedBy: own.added_by, isShared: own.shared === 1 });
      if (by === 'tenant') {
        requireFreeForTenant(claim, await isForeign(tenant, domain));
        await insert.run(id, tenant, domain, now, by, 0, 0);
      } else {
        requireFreeForOperator(claim, await others.all(domain, tenant));
        if (shared) await share.run(domain);
        if (own) await take.run(Number(shared), own.id);
        else await insert.run(id, tenant, domain, now, by, 1, Number(shared));
      }
      const { id: rowId, keys_id: keysId } = found(await find(tenantId, domain));
      if (keysId !== rowId || (await hasKeys.get(keysId)) !== undefined) return;
      for (const key of keys) await insertKey(keysId, key);
    };
  },
};

export const remove: Verb<'domains.remove'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const remove = db.prepare(
      `DELETE FROM allowed_sender_domains
       WHERE tenant_no = ? AND domain = ? AND ('operator' = ? OR added_by = 'tenant')`,
    );
    return async ({ tenantId, domain, by = 'operator' }) =>
      (await remove.run(await tenantNo(tenantId), domain, by)).changes > 0;
  },
};

export const get: Verb<'domains.get'> = {
  kind: 'read',
  prepare(db) {
    const find = prepareFind(db);
    const toDomain = prepareDomain(db);
    return async ({ tenantId, domain }) => {
      const row = await find(tenantId, domain);
      return row && (await toDomain(row));
    };
  },
};

export const list: Verb<'domains.list'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[string], DomainColumns>(`${SELECT} WHERE t.id = ? ORDER BY d.domain`);
    const toDomain = prepareDomain(db);
    return async ({ tenantId }) => await mapInTurn(await select.all(tenantId), toDomain);
  },
};

export const signingKeys: Verb<'domains.signingKeys'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[string], SigningKeyColumns>(
      `SELECT k.id, d.domain, k.selector, k.algorithm, k.private_key
       FROM allowed_sender_domains d JOIN tenants t ON t.no = d.tenant_no JOIN dkim_keys k ON k.domain_id = ${KEYS_ID}
       WHERE t.id = ? AND k.state = 'active' AND (k.algorithm = 'rsa-sha256' OR k.published IS DISTINCT FROM 0)
       ORDER BY d.domain, k.algorithm DESC`,
    );
    return async ({ tenantId }) =>
      (await select.all(tenantId)).map(
        ({ private_key: privateKey, ...row }): SigningKeyRow => ({ ...row, privateKey }),
      );
  },
};

export const addKeys: Verb<'domains.addKeys'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const inUse = db.prepare("SELECT 1 FROM dkim_keys WHERE domain_id = ? AND slot = ? AND state = 'active'");
    const clear = db.prepare('DELETE FROM dkim_keys WHERE domain_id = ? AND slot = ?');
    const insert = prepareInsertKey(db);
    return async ({ tenantId, domain, keys }) => {
      const { keys_id: id } = found(await find(tenantId, domain));
      for (const slot of new Set(keys.map((key) => key.slot))) {
        if ((await inUse.get(id, slot)) !== undefined) throw new IepError('conflict', `The keys of ${slot} sign now.`);
        await clear.run(id, slot);
      }
      for (const key of keys) await insert(id, key);
    };
  },
};

export const activateKeys: Verb<'domains.activateKeys'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const activate = prepareActivate(db);
    return async ({ tenantId, domain, slot, now }) => activate(found(await find(tenantId, domain)).keys_id, slot, now);
  },
};

export const recordCheck: Verb<'domains.recordCheck'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const insert = db.prepare('INSERT INTO domain_checks (domain_id, at, verified, results) VALUES (?, ?, ?, ?)');
    const forget = db.prepare(
      `DELETE FROM domain_checks WHERE domain_id = ? AND (at, no) <= (
         SELECT at, no FROM domain_checks WHERE domain_id = ? ORDER BY at DESC, no DESC LIMIT 1 OFFSET ${KEPT_CHECKS})`,
    );
    const update = db.prepare(
      `UPDATE allowed_sender_domains SET checked_at = ?, verified = ?,
         verified_at = CASE WHEN ? = 0 THEN NULL ELSE coalesce(verified_at, ?) END
       WHERE tenant_no = ? AND domain = ?`,
    );
    const setPublished = db.prepare('UPDATE dkim_keys SET published = ? WHERE id = ? AND domain_id = ?');
    // A tenant's own, whose records are gone, goes to the one that has them now.
    const giveUp = db.prepare(
      `UPDATE allowed_sender_domains SET held = 0
       WHERE domain = ? AND tenant_no <> ? AND held = 1 AND shared = 0 AND added_by = 'tenant' AND verified = 0`,
    );
    const isForeign = prepareForeign(db);
    const hold = db.prepare('UPDATE allowed_sender_domains SET held = 1 WHERE id = ?');
    const activate = prepareActivate(db);
    return async ({ tenantId, domain, check, activate: slot }) => {
      const row = await find(tenantId, domain);
      if (row === undefined) return false;
      const verified = check.verified ? 1 : 0;
      await insert.run(row.id, check.at, verified, JSON.stringify(check.results));
      await forget.run(row.id, row.id);
      await update.run(check.at, verified, verified, check.at, row.tenant_no, domain);
      for (const { keyId, status } of check.results) {
        if (keyId !== undefined && status !== 'dns_failure')
          await setPublished.run(status === 'ok' ? 1 : 0, keyId, row.keys_id);
      }
      if (slot !== undefined) await activate(row.keys_id, slot, check.at);
      if (check.verified && row.held === 0) {
        await giveUp.run(domain, row.tenant_no);
        if (!(await isForeign(row.tenant_no, domain))) await hold.run(row.id);
      }
      return true;
    };
  },
};

export const checks: Verb<'domains.checks'> = {
  kind: 'read',
  prepare(db) {
    const find = prepareFind(db);
    const select = db.prepare<[string, number], { at: number; verified: number; results: string }>(
      'SELECT at, verified, results FROM domain_checks WHERE domain_id = ? ORDER BY at DESC, no DESC LIMIT ?',
    );
    return async ({ tenantId, domain, limit }) =>
      (await select.all(found(await find(tenantId, domain)).id, limit)).map(
        ({ at, verified, results }): DomainCheck => ({
          at,
          verified: verified === 1,
          results: JSON.parse(results) as RecordCheck[],
        }),
      );
  },
};

export const due: Verb<'domains.due'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[number, number, number], { tenantId: string; domain: string }>(
      `SELECT t.id AS "tenantId", d.domain FROM allowed_sender_domains d JOIN tenants t ON t.no = d.tenant_no
       WHERE coalesce(d.checked_at, 0) < CASE d.verified WHEN 1 THEN ?::bigint ELSE ?::bigint END
         AND EXISTS (SELECT 1 FROM dkim_keys k WHERE k.domain_id = ${KEYS_ID})
       ORDER BY coalesce(d.checked_at, 0) LIMIT ?`,
    );
    return ({ verifiedBefore, unverifiedBefore, limit }) => select.all(verifiedBefore, unverifiedBefore, limit);
  },
};

interface DomainColumns {
  id: string;
  tenant_id: string;
  tenant_slug: string;
  tenant_no: number;
  domain: string;
  added_by: AddedBy;
  held: number;
  shared: number;
  /** The row that has the keys. */
  keys_id: string;
  verified: number;
  verified_at: number | null;
  checked_at: number | null;
  created_at: number;
}

interface SigningKeyColumns {
  id: string;
  domain: string;
  selector: string;
  algorithm: DkimAlgorithm;
  private_key: string;
}

interface KeyColumns {
  id: string;
  slot: string;
  selector: string;
  algorithm: DkimAlgorithm;
  public_key: string;
  state: DkimState;
  published: number | null;
  created_at: number;
  activated_at: number | null;
  retired_at: number | null;
}

/** Of a shared domain one row has the keys for all. */
const KEYS_ID = `CASE d.shared WHEN 0 THEN d.id ELSE (
  SELECT o.id FROM allowed_sender_domains o WHERE o.domain = d.domain AND o.shared = 1
  ORDER BY EXISTS (SELECT 1 FROM dkim_keys WHERE domain_id = o.id) DESC, o.created_at, o.id LIMIT 1) END`;

const SELECT = `SELECT d.*, t.id AS tenant_id, t.slug AS tenant_slug, ${KEYS_ID} AS keys_id
  FROM allowed_sender_domains d JOIN tenants t ON t.no = d.tenant_no`;

function prepareFind(db: Connection): (tenantId: string, domain: string) => Promise<DomainColumns | undefined> {
  const select = db.prepare<[string, string], DomainColumns>(`${SELECT} WHERE t.id = ? AND d.domain = ?`);
  return (tenantId, domain) => select.get(tenantId, domain);
}

/** Whether the domain, or the closest one above it that is held, is held by others alone. */
function prepareForeign(db: Connection): (tenantNo: number, domain: string) => Promise<boolean> {
  const holders = db.prepare<[{ name: string }], { tenant_no: number; domain: string }>(
    `SELECT tenant_no, domain FROM allowed_sender_domains
     WHERE held = 1 AND (domain = @name OR right(@name, length(domain) + 1) = '.' || domain)
     ORDER BY length(domain) DESC`,
  );
  return async (tenantNo, name) => {
    const rows = await holders.all({ name });
    const closest = rows.filter(({ domain }) => domain === rows[0]?.domain);
    return closest.length > 0 && !closest.some((row) => row.tenant_no === tenantNo);
  };
}

function found(row: DomainColumns | undefined): DomainColumns {
  if (row === undefined) throw new IepError('not_found', 'That is not a sender domain of this tenant');
  return row;
}

function prepareInsertKey(db: Connection): (domainId: string, key: SealedDkimKey) => Promise<void> {
  const insert = db.prepare(
    `INSERT INTO dkim_keys (id, domain_id, slot, selector, algorithm, public_key, private_key, state, created_at, activated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return async (domainId, key) => {
    const { id, slot, selector, algorithm, publicKey, privateKey, state, createdAt } = key;
    const activatedAt = key.activatedAt ?? null;
    await insert.run(id, domainId, slot, selector, algorithm, publicKey, privateKey, state, createdAt, activatedAt);
  };
}

/** Those that sign are retired in the same breath, so that there is never a moment with two slots or none. */
function prepareActivate(db: Connection): (domainId: string, slot: string, now: number) => Promise<void> {
  const exists = db.prepare('SELECT 1 FROM dkim_keys WHERE domain_id = ? AND slot = ?');
  const retire = db.prepare(
    "UPDATE dkim_keys SET state = 'retired', retired_at = ? WHERE domain_id = ? AND slot <> ? AND state = 'active'",
  );
  const activate = db.prepare(
    `UPDATE dkim_keys SET state = 'active', activated_at = ?, retired_at = NULL
     WHERE domain_id = ? AND slot = ? AND state <> 'active'`,
  );
  return async (domainId, slot, now) => {
    if ((await exists.get(domainId, slot)) === undefined)
      throw new IepError('not_found', `The domain has no keys of ${slot}.`);
    await retire.run(now, domainId, slot);
    await activate.run(now, domainId, slot);
  };
}

function prepareDomain(db: Connection): (row: DomainColumns) => Promise<SenderDomain> {
  const keys = db.prepare<[string], KeyColumns>(
    `SELECT id, slot, selector, algorithm, public_key, state, published, created_at, activated_at, retired_at
     FROM dkim_keys WHERE domain_id = ? ORDER BY id`,
  );
  return async (row) => ({
    id: row.id,
    tenantId: row.tenant_id,
    tenantSlug: row.tenant_slug,
    domain: row.domain,
    addedBy: row.added_by,
    held: row.held === 1,
    shared: row.shared === 1,
    verified: row.verified === 1,
    ...optional('verifiedAt', row.verified_at),
    ...optional('checkedAt', row.checked_at),
    createdAt: row.created_at,
    keys: (await keys.all(row.keys_id)).map(keyOf),
  });
}

function keyOf(row: KeyColumns): DkimKey {
  return {
    id: row.id,
    slot: row.slot,
    selector: row.selector,
    algorithm: row.algorithm,
    publicKey: row.public_key,
    state: row.state,
    ...optional('published', row.published === null ? null : row.published === 1),
    createdAt: row.created_at,
    ...optional('activatedAt', row.activated_at),
    ...optional('retiredAt', row.retired_at),
  };
}
