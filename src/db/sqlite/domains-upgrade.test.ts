/** Sender domains and suppressions of the first schema come through the upgrade, and are worked with afterwards. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readTextAsset } from '../../base/embedded/assets.ts';
import { connect } from './connection.ts';
import { migrate } from './migrate.ts';
import { openSqliteStore } from './open.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'iep-upgrade-'));
});
afterEach(() => rm(directory, { recursive: true }));

it('keeps what was there', async () => {
  const file = join(directory, 'iep.db');
  const name = '0001-first.sql';
  const old = connect({ file, readonly: false, cacheKib: 1_000 });
  migrate(old, [{ number: 1, name, sql: readTextAsset(`src/db/migrations/${name}`) }]);
  old.exec(`
    INSERT INTO tenants (no, id, slug, name, created_at, updated_at) VALUES (1, 't', 'acme', 'Acme', 1, 1);
    INSERT INTO tenants (no, id, slug, name, created_at, updated_at)
      VALUES (2, 'g', 'globex', 'Globex', 1, 1), (3, 'f', 'free', 'Free', 1, 1);
    INSERT INTO allowed_sender_domains (id, tenant_no, domain, created_at) VALUES ('d', 1, 'acme.example', 2),
      ('e', 1, 'group.example', 2), ('f', 2, 'group.example', 2);
    INSERT INTO suppression_list (tenant_no, email, reason, note, created_at) VALUES (1, 'a@x.example', 'manual', 'n', 3);
  `);
  old.close();

  const store = await openSqliteStore({ file, threads: false, migrates: true });
  expect(await store.senderDomain({ tenantId: 't', domain: 'acme.example' })).toEqual({
    ...{ id: 'd', tenantId: 't', tenantSlug: 'acme', domain: 'acme.example', verified: false, createdAt: 2, keys: [] },
    ...{ addedBy: 'operator', held: true, shared: false },
  });
  // What could be sent before can be sent still: from domains that two tenants had, and from any where a tenant had none.
  const tenants = await store.tenants();
  expect(tenants.map(({ slug, senderDomains, settings }) => [slug, senderDomains, settings])).toEqual([
    ['acme', ['acme.example', 'group.example'], {}],
    ['free', [], { anySender: true }],
    ['globex', ['group.example'], {}],
  ]);
  expect((await store.senderDomain({ tenantId: 'g', domain: 'group.example' }))?.shared).toBe(true);
  expect(await store.suppression({ tenantId: 't', email: 'a@x.example', now: 9 })).toEqual({
    ...{ email: 'a@x.example', reason: 'manual', note: 'n', createdAt: 3 },
  });
  const check = { at: 5, verified: true, results: [] };
  expect(await store.recordDomainCheck({ tenantId: 't', domain: 'acme.example', check })).toBe(true);
  expect(await store.recordComplaint({ tenantId: 't', email: 'a@x.example', at: 6 })).toBe(false);
  expect(await store.integrity()).toEqual([]);
  await store.close();
});
