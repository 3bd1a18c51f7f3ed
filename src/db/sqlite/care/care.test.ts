import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOW, newMessage } from '../../suites/suite.testing.ts';
import type { FileCare } from '../../verbs/file-care.ts';
import type { Store } from '../../verbs/store.ts';
import { openSqliteStore } from '../open.ts';

const PAGES = 50;

describe.each([
  ['in threads', true],
  ['inline', false],
])('care of the file: SQLite %s', (_name, threads) => {
  let directory: string;
  let store: Store;
  let care: FileCare;
  let tenantId: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'iep-care-'));
    ({ store, care } = await openSqliteStore({ file: join(directory, 'iep.db'), threads }));
    tenantId = await addTenant('acme');
  });
  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  async function addTenant(slug: string): Promise<string> {
    const { id } = await store.tenants.add({ id: randomUUID(), slug, name: slug, settings: {}, now: NOW });
    return id;
  }
  async function accept(bytes: number): Promise<void> {
    const content = { kind: 'parts', text: 'x'.repeat(bytes) } as const;
    await store.outbox.accept({ tenantId, messages: [newMessage(tenantId, { content })] });
  }
  async function claimed(): Promise<number> {
    const request = { owner: 'a', now: NOW, leaseMs: 60_000, limit: 100, skipTenants: [] };
    return (await store.outbox.claim(request)).jobs.length;
  }

  it('gives free pages back in steps, while mail is taken', async () => {
    for (let count = 0; count < 40; count++) await accept(20_000);
    expect(await care.space()).toMatchObject({ canShrink: true, freePages: 0 });
    await store.tenants.remove({ tenantId, force: true, now: NOW });
    await store.tenants.clear({ limit: 100 });
    const freed = await care.space();
    expect(freed.freePages).toBeGreaterThan(PAGES);
    const [, step] = await Promise.all([addTenant('other'), care.giveBack({ pages: PAGES })]);
    expect(step.pages).toBeGreaterThanOrEqual(freed.pages - PAGES - 2);
    expect(step.freePages).toBeLessThan(freed.freePages);
    expect(step.freePages).toBeGreaterThan(0);
    await care.giveBack({ pages: 1_000_000 });
    expect(await care.space()).toMatchObject({ freePages: 0 });
    expect(await care.integrity()).toEqual([]);
  });

  it('cuts the write-ahead log while others write', async () => {
    const [, cut] = await Promise.all([accept(10), care.checkpoint()]);
    expect(cut).toEqual({ walBytes: 0, blocked: false });
    expect(await claimed()).toBe(1);
  });

  it('brings statistics up to date, after which mail is claimed as before', async () => {
    for (let count = 0; count < 5; count++) await accept(10);
    await care.optimize();
    await care.optimize();
    expect(await claimed()).toBe(5);
  });

  it('leaves a gap in the event log, over which followers come without missing what is behind it', async () => {
    const follow = async (position: string) =>
      (await store.events.after({ position, limit: 10 })).events.map((event) => event.position);
    await accept(10);
    const { position: end } = await store.events.end();
    await care.leaveEventGap();
    // Told before by a store that had more, and asked once this one has as many.
    const ahead = String(Number(end) + 3);
    expect(await store.events.knownPosition(ahead)).toBe(end);
    for (let count = 0; count < 5; count++) await accept(10);
    expect(await store.events.knownPosition(ahead)).toBe(ahead);
    const news = await follow(end);
    expect(news).toHaveLength(5);
    expect(await follow(ahead)).toEqual(news);
    const ofTenant: string[] = [];
    for (let position = ahead; ofTenant.length < 5; ) {
      const page = await store.events.after({ tenantId, position, limit: 10 });
      if (page.position === position) break;
      ofTenant.push(...page.events.map((event) => event.position));
      ({ position } = page);
    }
    expect(ofTenant).toEqual(news);
    expect(await store.events.positionBefore(NOW)).toBe('0');
  });

  it('writes the file anew', async () => {
    expect(await care.compact()).toMatchObject({ canShrink: true, freePages: 0 });
  });
});
