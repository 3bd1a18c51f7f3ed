/** Kills a process between each two steps of the store and looks at what is left on disk. */

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createIds } from '../../src/core/ids.ts';
import { openStore } from '../../src/db/open.ts';

const program = join(import.meta.dirname, 'store-steps.ts');
const steps = ['opened', 'accepting', 'accepted', 'claiming', 'claimed', 'settling', 'settled'];

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'iep-crash-'));
});
afterEach(() => rm(directory, { recursive: true }));

it.each(steps)('keeps its promises when killed at “%s”', async (dieAt) => {
  const file = join(directory, 'iep.db');
  const { store: before } = await openStore({ file, threads: false });
  const now = Date.now();
  const tenant = await before.tenants.add({
    id: createIds({ now: Date.now })(),
    slug: 't',
    name: 't',
    settings: {},
    now,
  });
  await before.close();

  const child = spawnSync(process.execPath, [program, file, dieAt], { encoding: 'utf8' });
  expect(child.signal, child.stderr).toBe('SIGKILL');
  const promised = /^accepted (\S+)$/m.exec(child.stdout)?.[1];

  const { store, care } = await openStore({ file, threads: false });
  expect(await care.integrity()).toEqual([]);
  const later = Date.now() + 60_000;
  await store.outbox.recover({ owner: 'new', now: later });
  const { items } = await store.messages.list({ tenantId: tenant.id, filter: {}, limit: 10 });
  const { jobs } = await store.outbox.claim({
    owner: 'new',
    now: later,
    leaseMs: 1000,
    limit: 10,
    skipTenants: [],
  });

  // A message is there whole or not at all, and it is either still owed or has its outcome.
  if (promised !== undefined) expect(items.map(({ id }) => id)).toEqual([promised]);
  for (const { id, status } of items) {
    const events = (await store.messages.get({ tenantId: tenant.id, messageId: id }))?.events ?? [];
    expect(events[0]?.type).toBe('queued');
    expect(jobs.map(({ message }) => message.id)).toEqual(status === 'sent' ? [] : [id]);
    expect(events.some(({ type }) => type === 'sent')).toBe(status === 'sent');
  }
  if (steps.indexOf(dieAt) < steps.indexOf('accepting')) expect(items).toEqual([]);
  if (steps.indexOf(dieAt) < steps.indexOf('settling') && promised !== undefined) expect(jobs).toHaveLength(1);
  if (dieAt === 'settled') expect(items[0]?.status).toBe('sent');
  await store.close();
});
