/** Sender domains, what DNS said of them, and their DKIM keys. */

import { IepError } from '../../../core/errors.ts';
import type {
  DkimAlgorithm,
  DkimKey,
  DkimState,
  DomainCheck,
  RecordCheck,
  SealedDkimKey,
  SenderDomain,
  SigningKeyRow,
} from '../../domain-store.ts';
import type { Connection } from '../connection.ts';
import { optional, tenantNumbers } from '../rows.ts';
import type { Verb } from '../verb.ts';

/** Looks at DNS that are remembered for each domain. */
const KEPT_CHECKS = 100;

export const addSenderDomain: Verb<'addSenderDomain'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const insert = db.prepare(
      `INSERT INTO allowed_sender_domains (id, tenant_no, domain, created_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (tenant_no, domain) DO NOTHING`,
    );
    const insertKey = prepareInsertKey(db);
    return ({ tenantId, domain, id, now, keys = [] }) => {
      if (insert.run(id, tenantNo(tenantId), domain, now).changes === 0) {
        throw new IepError('conflict', `${domain} is a sender domain of this tenant already.`);
      }
      for (const key of keys) insertKey(id, key);
    };
  },
};

export const removeSenderDomain: Verb<'removeSenderDomain'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const remove = db.prepare('DELETE FROM allowed_sender_domains WHERE tenant_no = +? AND domain = +?');
    return ({ tenantId, domain }) => remove.run(tenantNo(tenantId), domain).changes > 0;
  },
};

export const senderDomain: Verb<'senderDomain'> = {
  kind: 'read',
  prepare(db) {
    const find = prepareFind(db);
    const toDomain = prepareDomain(db);
    return ({ tenantId, domain }) => {
      const row = find(tenantId, domain);
      return row && toDomain(row);
    };
  },
};

export const senderDomains: Verb<'senderDomains'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[string], DomainColumns>(`${SELECT} WHERE t.id = +? ORDER BY d.domain`);
    const toDomain = prepareDomain(db);
    return ({ tenantId }) => select.all(tenantId).map(toDomain);
  },
};

export const signingKeys: Verb<'signingKeys'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[string], SigningKeyColumns>(
      `SELECT k.id, d.domain, k.selector, k.algorithm, k.private_key
       FROM dkim_keys k JOIN allowed_sender_domains d ON d.id = k.domain_id JOIN tenants t ON t.no = d.tenant_no
       WHERE t.id = +? AND k.state = 'active' AND (k.algorithm = 'rsa-sha256' OR k.published IS NOT 0)
       ORDER BY d.domain, k.algorithm DESC`,
    );
    return ({ tenantId }) =>
      select.all(tenantId).map(({ private_key: privateKey, ...row }): SigningKeyRow => ({ ...row, privateKey }));
  },
};

export const addDkimKeys: Verb<'addDkimKeys'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const inUse = db.prepare("SELECT 1 FROM dkim_keys WHERE domain_id = +? AND slot = +? AND state = 'active'");
    const clear = db.prepare('DELETE FROM dkim_keys WHERE domain_id = +? AND slot = +?');
    const insert = prepareInsertKey(db);
    return ({ tenantId, domain, keys }) => {
      const { id } = found(find(tenantId, domain));
      for (const slot of new Set(keys.map((key) => key.slot))) {
        if (inUse.get(id, slot) !== undefined) throw new IepError('conflict', `The keys of ${slot} sign now.`);
        clear.run(id, slot);
      }
      for (const key of keys) insert(id, key);
    };
  },
};

export const activateDkimKeys: Verb<'activateDkimKeys'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const activate = prepareActivate(db);
    return ({ tenantId, domain, slot, now }) => activate(found(find(tenantId, domain)).id, slot, now);
  },
};

export const recordDomainCheck: Verb<'recordDomainCheck'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFind(db);
    const insert = db.prepare('INSERT INTO domain_checks (domain_id, at, verified, results) VALUES (?, ?, ?, ?)');
    const forget = db.prepare(
      `DELETE FROM domain_checks WHERE domain_id = +? AND no <= (
         SELECT no FROM domain_checks WHERE domain_id = +? ORDER BY no DESC LIMIT 1 OFFSET ${KEPT_CHECKS})`,
    );
    const update = db.prepare(
      `UPDATE allowed_sender_domains SET checked_at = ?, verified = ?,
         verified_at = CASE WHEN ? = 0 THEN NULL ELSE coalesce(verified_at, ?) END
       WHERE tenant_no = +? AND domain = +?`,
    );
    const setPublished = db.prepare('UPDATE dkim_keys SET published = ? WHERE id = +? AND domain_id = +?');
    const activate = prepareActivate(db);
    return ({ tenantId, domain, check, activate: slot }) => {
      const row = find(tenantId, domain);
      if (row === undefined) return false;
      const verified = check.verified ? 1 : 0;
      insert.run(row.id, check.at, verified, JSON.stringify(check.results));
      forget.run(row.id, row.id);
      update.run(check.at, verified, verified, check.at, row.tenant_no, domain);
      for (const { keyId, status } of check.results) {
        if (keyId !== undefined && status !== 'dns_failure') setPublished.run(status === 'ok' ? 1 : 0, keyId, row.id);
      }
      if (slot !== undefined) activate(row.id, slot, check.at);
      return true;
    };
  },
};

export const domainChecks: Verb<'domainChecks'> = {
  kind: 'read',
  prepare(db) {
    const find = prepareFind(db);
    const select = db.prepare<[string, number], { at: number; verified: number; results: string }>(
      'SELECT at, verified, results FROM domain_checks WHERE domain_id = +? ORDER BY no DESC LIMIT +?',
    );
    return ({ tenantId, domain, limit }) =>
      select.all(found(find(tenantId, domain)).id, limit).map(
        ({ at, verified, results }): DomainCheck => ({
          at,
          verified: verified === 1,
          results: JSON.parse(results) as RecordCheck[],
        }),
      );
  },
};

export const domainsDue: Verb<'domainsDue'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[number, number, number], { tenantId: string; domain: string }>(
      `SELECT t.id AS tenantId, d.domain FROM allowed_sender_domains d JOIN tenants t ON t.no = d.tenant_no
       WHERE coalesce(d.checked_at, 0) < CASE d.verified WHEN 1 THEN ? ELSE ? END
         AND EXISTS (SELECT 1 FROM dkim_keys k WHERE k.domain_id = d.id)
       ORDER BY coalesce(d.checked_at, 0) LIMIT +?`,
    );
    return ({ verifiedBefore, unverifiedBefore, limit }) => select.all(verifiedBefore, unverifiedBefore, limit);
  },
};

interface DomainColumns {
  id: string;
  tenant_id: string;
  tenant_no: number;
  domain: string;
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

const SELECT = 'SELECT d.*, t.id AS tenant_id FROM allowed_sender_domains d JOIN tenants t ON t.no = d.tenant_no';

function prepareFind(db: Connection): (tenantId: string, domain: string) => DomainColumns | undefined {
  const select = db.prepare<[string, string], DomainColumns>(`${SELECT} WHERE t.id = +? AND d.domain = +?`);
  return (tenantId, domain) => select.get(tenantId, domain);
}

function found(row: DomainColumns | undefined): DomainColumns {
  if (row === undefined) throw new IepError('not_found', 'That is not a sender domain of this tenant');
  return row;
}

function prepareInsertKey(db: Connection): (domainId: string, key: SealedDkimKey) => void {
  const insert = db.prepare(
    `INSERT INTO dkim_keys (id, domain_id, slot, selector, algorithm, public_key, private_key, state, created_at, activated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return (domainId, key) => {
    const { id, slot, selector, algorithm, publicKey, privateKey, state, createdAt } = key;
    const activatedAt = key.activatedAt ?? null;
    insert.run(id, domainId, slot, selector, algorithm, publicKey, privateKey, state, createdAt, activatedAt);
  };
}

/** Those that sign are retired in the same breath, so that there is never a moment with two slots or none. */
function prepareActivate(db: Connection): (domainId: string, slot: string, now: number) => void {
  const exists = db.prepare('SELECT 1 FROM dkim_keys WHERE domain_id = +? AND slot = +?');
  const retire = db.prepare(
    "UPDATE dkim_keys SET state = 'retired', retired_at = ? WHERE domain_id = +? AND slot <> +? AND state = 'active'",
  );
  const activate = db.prepare(
    `UPDATE dkim_keys SET state = 'active', activated_at = ?, retired_at = NULL
     WHERE domain_id = +? AND slot = +? AND state <> 'active'`,
  );
  return (domainId, slot, now) => {
    if (exists.get(domainId, slot) === undefined) throw new IepError('not_found', `There are no keys of ${slot}.`);
    retire.run(now, domainId, slot);
    activate.run(now, domainId, slot);
  };
}

function prepareDomain(db: Connection): (row: DomainColumns) => SenderDomain {
  const keys = db.prepare<[string], KeyColumns>(
    `SELECT id, slot, selector, algorithm, public_key, state, published, created_at, activated_at, retired_at
     FROM dkim_keys WHERE domain_id = +? ORDER BY id`,
  );
  return (row) => ({
    id: row.id,
    tenantId: row.tenant_id,
    domain: row.domain,
    verified: row.verified === 1,
    ...optional('verifiedAt', row.verified_at),
    ...optional('checkedAt', row.checked_at),
    createdAt: row.created_at,
    keys: keys.all(row.id).map(keyOf),
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
