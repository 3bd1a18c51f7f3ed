/** Tenants. */

import { counted } from '../../../core/counted.ts';
import { IepError } from '../../../core/errors.ts';
import type { TenantSettings } from '../../../core/tenant-settings.ts';
import { optional } from '../../rows/message-rows.ts';
import { changedSettings } from '../../rules/settings.ts';
import type { Tenant } from '../../verbs/tenants.ts';
import type { Connection } from '../connection.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

interface TenantColumns {
  no: number;
  id: string;
  slug: string;
  name: string;
  settings: string;
  active: number;
  paused: number;
  paused_reason: string | null;
  created_at: number;
  updated_at: number;
  removing_at: number | null;
}

export const list: Verb<'tenants.list'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[], TenantColumns>('SELECT * FROM tenants WHERE removing_at IS NULL ORDER BY slug');
    const toTenant = prepareTenant(db);
    return () => select.all().map(toTenant);
  },
};

export const beingRemoved: Verb<'tenants.beingRemoved'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[], TenantColumns>('SELECT * FROM tenants WHERE removing_at IS NOT NULL ORDER BY no');
    const toTenant = prepareTenant(db);
    return () => select.all().map(toTenant);
  },
};

export const add: Verb<'tenants.add'> = {
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

export const set: Verb<'tenants.set'> = {
  kind: 'write',
  prepare(db) {
    const select = db.prepare<[string], TenantColumns>('SELECT * FROM tenants WHERE id = +? AND removing_at IS NULL');
    const update = db.prepare<[string, number, string, number, number], TenantColumns>(
      'UPDATE tenants SET name = ?, active = ?, settings = ?, updated_at = ? WHERE no = +? RETURNING *',
    );
    const toTenant = prepareTenant(db);
    return ({ tenantId, name, active, settings, now }) => {
      const row = found(select.get(tenantId));
      const merged = changedSettings(JSON.parse(row.settings) as TenantSettings, settings);
      const isActive = active === undefined ? row.active : Number(active);
      return toTenant(found(update.get(name ?? row.name, isActive, JSON.stringify(merged), now, row.no)));
    };
  },
};

export const remove: Verb<'tenants.remove'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const owed = db.prepare<[number], number>('SELECT count(*) FROM outbox WHERE tenant_no = +?').pluck();
    const close = db.prepare(
      `UPDATE tenants SET active = 0, removing_at = ?, updated_at = ?, slug = slug || '~' || no WHERE no = +?`,
    );
    const forgetKeys = db.prepare('DELETE FROM api_keys WHERE tenant_no = +?');
    const freeDomains = db.prepare('DELETE FROM allowed_sender_domains WHERE tenant_no = +?');
    const turnOff = db.prepare('UPDATE webhook_endpoints SET active = 0, removed = 1 WHERE tenant_no = +?');
    return ({ tenantId, force, now }) => {
      const tenant = tenantNo(tenantId);
      const waiting = owed.get(tenant) ?? 0;
      if (waiting > 0 && !force) {
        throw new IepError('conflict', `The tenant still owes ${counted(waiting, 'message')} an outcome.`);
      }
      close.run(now, now, tenant);
      forgetKeys.run(tenant);
      freeDomains.run(tenant);
      turnOff.run(tenant);
    };
  },
};

/** What a tenant may have many of, in the order in which it goes; the rest goes with its row. */
const MANY = [
  'DELETE FROM messages WHERE seq IN (SELECT seq FROM messages WHERE tenant_no = +? LIMIT +?)',
  'DELETE FROM notifications WHERE seq IN (SELECT seq FROM notifications WHERE tenant_no = +? LIMIT +?)',
  'DELETE FROM notification_windows WHERE no IN (SELECT no FROM notification_windows WHERE tenant_no = +? LIMIT +?)',
  `DELETE FROM suppression_list WHERE (tenant_no, email) IN
     (SELECT tenant_no, email FROM suppression_list WHERE tenant_no = +? LIMIT +?)`,
  `DELETE FROM hard_bounces WHERE (tenant_no, email, message_id) IN
     (SELECT tenant_no, email, message_id FROM hard_bounces WHERE tenant_no = +? LIMIT +?)`,
  'DELETE FROM unsubscribes WHERE no IN (SELECT no FROM unsubscribes WHERE tenant_no = +? LIMIT +?)',
  'DELETE FROM subscribers WHERE no IN (SELECT no FROM subscribers WHERE tenant_no = +? LIMIT +?)',
  `DELETE FROM caller_events WHERE (tenant_no, id) IN
     (SELECT tenant_no, id FROM caller_events WHERE tenant_no = +? LIMIT +?)`,
  'DELETE FROM template_snapshots WHERE no IN (SELECT no FROM template_snapshots WHERE tenant_no = +? LIMIT +?)',
  'DELETE FROM templates WHERE no IN (SELECT no FROM templates WHERE tenant_no = +? LIMIT +?)',
  `DELETE FROM tallies WHERE (tenant_no, hour, provider, category, template) IN
     (SELECT tenant_no, hour, provider, category, template FROM tallies WHERE tenant_no = +? LIMIT +?)`,
  `DELETE FROM status_counts WHERE (tenant_no, hour, status) IN
     (SELECT tenant_no, hour, status FROM status_counts WHERE tenant_no = +? LIMIT +?)`,
  `DELETE FROM group_counts WHERE (tenant_no, group_id) IN
     (SELECT tenant_no, group_id FROM group_counts WHERE tenant_no = +? LIMIT +?)`,
];

export const clear: Verb<'tenants.clear'> = {
  kind: 'write',
  patient: true,
  prepare(db) {
    const next = db
      .prepare<[], number>('SELECT no FROM tenants WHERE removing_at IS NOT NULL ORDER BY removing_at, no LIMIT 1')
      .pluck();
    const removals = MANY.map((sql) => db.prepare(sql));
    const remove = db.prepare('DELETE FROM tenants WHERE no = +?');
    return ({ limit }) => {
      const tenant = next.get();
      if (tenant === undefined) return { isDone: true };
      let room = limit;
      for (const removal of removals) {
        room -= removal.run(tenant, room).changes;
        if (room <= 0) return { isDone: false };
      }
      remove.run(tenant);
      return { isDone: next.get() === undefined };
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
      slug: row.removing_at === null ? row.slug : row.slug.slice(0, row.slug.lastIndexOf('~')),
      name: row.name,
      active: row.active === 1,
      paused: row.paused === 1,
      ...optional('pausedReason', row.paused_reason),
      settings: JSON.parse(row.settings) as TenantSettings,
      senderDomains: domains.map(({ domain }) => domain),
      verifiedDomains: domains.filter(({ verified }) => verified === 1).map(({ domain }) => domain),
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    };
  };
}

function found(row: TenantColumns | undefined): TenantColumns {
  if (row === undefined) throw new IepError('not_found', 'The tenant does not exist.');
  return row;
}
