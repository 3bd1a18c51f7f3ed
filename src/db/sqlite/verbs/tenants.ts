/** Tenants. */

import { IepError } from '../../../core/errors.ts';
import type { TenantSettings } from '../../../core/tenant-settings.ts';
import type { Tenant } from '../../store.ts';
import type { Connection } from '../connection.ts';
import { tenantNumbers } from '../rows.ts';
import type { Verb } from '../verb.ts';

interface TenantColumns {
  no: number;
  id: string;
  slug: string;
  name: string;
  settings: string;
  active: number;
  paused: number;
  created_at: number;
  updated_at: number;
}

export const tenants: Verb<'tenants'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[], TenantColumns>('SELECT * FROM tenants ORDER BY slug');
    const toTenant = prepareTenant(db);
    return () => select.all().map(toTenant);
  },
};

export const addTenant: Verb<'addTenant'> = {
  kind: 'write',
  prepare(db) {
    const exists = db.prepare('SELECT 1 FROM tenants WHERE slug = +?');
    const insert = db.prepare<[string, string, string, string, number, number], TenantColumns>(
      'INSERT INTO tenants (id, slug, name, settings, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?) RETURNING *',
    );
    const toTenant = prepareTenant(db);
    return ({ id, slug, name, settings, now }) => {
      if (exists.get(slug) !== undefined) throw new IepError('conflict', `There is a tenant ${slug} already.`);
      return toTenant(found(insert.get(id, slug, name, JSON.stringify(settings), now, now)));
    };
  },
};

export const setTenant: Verb<'setTenant'> = {
  kind: 'write',
  prepare(db) {
    const select = db.prepare<[string], TenantColumns>('SELECT * FROM tenants WHERE id = +?');
    const update = db.prepare<[string, number, string, number, number], TenantColumns>(
      'UPDATE tenants SET name = ?, active = ?, settings = ?, updated_at = ? WHERE no = +? RETURNING *',
    );
    const toTenant = prepareTenant(db);
    return ({ tenantId, name, active, settings, now }) => {
      const row = found(select.get(tenantId));
      const given = Object.entries(settings ?? {}).filter(([, value]) => value !== undefined);
      const merged = Object.entries({ ...JSON.parse(row.settings), ...Object.fromEntries(given) }).filter(
        ([, value]) => value !== null,
      );
      const isActive = active === undefined ? row.active : Number(active);
      return toTenant(
        found(update.get(name ?? row.name, isActive, JSON.stringify(Object.fromEntries(merged)), now, row.no)),
      );
    };
  },
};

export const removeTenant: Verb<'removeTenant'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const owed = db.prepare<[number], number>('SELECT count(*) FROM outbox WHERE tenant_no = +?').pluck();
    const remove = db.prepare('DELETE FROM tenants WHERE no = +?');
    return ({ tenantId, force }) => {
      const tenant = tenantNo(tenantId);
      const waiting = owed.get(tenant) ?? 0;
      if (waiting > 0 && !force) {
        throw new IepError('conflict', `The tenant still owes ${waiting} messages an outcome.`);
      }
      remove.run(tenant);
    };
  },
};

function prepareTenant(db: Connection): (row: TenantColumns) => Tenant {
  const selectDomains = db.prepare<[number], { domain: string; verified: number }>(
    'SELECT domain, verified FROM allowed_sender_domains WHERE tenant_no = +? AND held = 1 ORDER BY domain',
  );
  return (row) => {
    const domains = selectDomains.all(row.no);
    return {
      id: row.id,
      slug: row.slug,
      name: row.name,
      active: row.active === 1,
      paused: row.paused === 1,
      settings: JSON.parse(row.settings) as TenantSettings,
      senderDomains: domains.map(({ domain }) => domain),
      verifiedDomains: domains.filter(({ verified }) => verified === 1).map(({ domain }) => domain),
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    };
  };
}

function found(row: TenantColumns | undefined): TenantColumns {
  if (row === undefined) throw new IepError('not_found', 'There is no such tenant.');
  return row;
}
