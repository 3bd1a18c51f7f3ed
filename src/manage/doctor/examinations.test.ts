import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testCertificate } from '../../../test/certificate.ts';
import { createManualClock } from '../../../test/manual-clock.ts';
import { dataDirectory } from '../../db/datadir/data-files.ts';
import type { ChoreRow } from '../../db/verbs/chores.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import type { WebhookEndpoint } from '../../db/verbs/webhooks.ts';
import { checkCertificates } from './certificates.ts';
import { checkChores } from './chores.ts';
import { checkDeadLetters } from './dead-letters.ts';
import type { Finding } from './finding.ts';
import { checkSpace } from './space.ts';
import { checkQueue } from './store.ts';
import { checkWebhooks } from './webhooks.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iep-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function all(findings: AsyncIterable<Finding> | Iterable<Finding>): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for await (const finding of findings) found.push(finding);
  for (const { level, advice } of found) if (level !== 'ok') expect(advice).toMatch(/\w{3}/);
  return found;
}
const brief = (found: readonly Finding[]) => found.map(({ level, check }) => `${level} ${check}`);

describe('dead letters', () => {
  it('are all counted, by tenant', async () => {
    const tenants = ['acme', 'globex'].map((slug) => ({ id: `id-${slug}`, slug }) as Tenant);
    const look = (counts: readonly { tenantId: string; count: number }[]) =>
      all(checkDeadLetters({ store: { messages: { deadLetters: async () => counts } }, tenants }));
    expect(await look([{ tenantId: 'id-globex', count: 17 }])).toEqual([
      expect.objectContaining({
        level: 'warning',
        check: 'dead letters of globex',
        detail: expect.stringMatching(/^17 /),
      }),
    ]);
    expect(brief(await look([]))).toEqual(['ok dead letters']);
  });
});

describe('certificates', () => {
  const cert = testCertificate;

  it('are looked at before they end', async () => {
    const { X509Certificate } = await import('node:crypto');
    const until = Date.parse(new X509Certificate(cert).validTo);
    const at = (now: number) =>
      all(
        checkCertificates(
          [
            ['smtp.tls', cert],
            ['http.tls', undefined],
          ],
          now,
        ),
      );
    const levels = await Promise.all([until - 31 * DAY, until - 29 * DAY, until - 6 * DAY, until + DAY, 0].map(at));
    expect(levels.map((found) => found.map(({ level }) => level))).toEqual([
      ['ok'],
      ['warning'],
      ['broken'],
      ['broken'],
      ['broken'],
    ]);
    expect(levels[3]?.[0]?.detail).toContain('expired');
  });

  it('that are none are said to be so', async () => {
    expect(brief(await all(checkCertificates([['smtp.tls', '-----BEGIN']], 0)))).toEqual([
      'broken certificate of smtp.tls',
    ]);
  });
});

describe('chores', () => {
  const clock = createManualClock(100 * HOUR);
  const now = clock.now();
  const check = (row: Partial<ChoreRow>, running = true) =>
    all(
      checkChores({
        clock,
        running,
        store: { chores: { list: async () => [{ name: 'space', schedule: '27 * * * *', failures: 0, ...row }] } },
      }),
    );
  const ran = { startedAt: now - HOUR, endedAt: now - HOUR + 20, nextAt: now + HOUR };

  it.each([
    ['done', { ...ran, outcome: 'done', detail: 'gave back 0 bytes' }, 'ok'],
    ['new', { nextAt: now + HOUR }, 'ok'],
    ['off', { schedule: 'off' }, 'ok'],
    ['running', { startedAt: now - HOUR, nextAt: now }, 'ok'],
    ['running for ever', { startedAt: now - 4 * HOUR, nextAt: now }, 'warning'],
    ['overdue', { ...ran, outcome: 'done', nextAt: now - 4 * HOUR }, 'warning'],
    ['failed', { ...ran, outcome: 'failed', detail: 'disk full', failures: 1 }, 'warning'],
    ['failing', { ...ran, outcome: 'failed', detail: 'disk full', failures: 3 }, 'broken'],
  ] as const)('%s', async (_name, row, level) => {
    const [finding] = await check(row);
    expect(finding).toMatchObject({ check: 'chore space', level });
    if (level !== 'ok' && 'detail' in row && row.outcome === 'failed') expect(finding?.detail).toContain('disk full');
  });

  it('are not late while no daemon runs', async () => {
    expect(brief(await check({ ...ran, outcome: 'done', nextAt: now - 40 * HOUR }, false))).toEqual(['ok chore space']);
  });
});

describe('space', () => {
  const check = (canShrink: boolean, freePages: number) =>
    all(
      checkSpace({
        data: dataDirectory(folder),
        care: { space: async () => ({ pageBytes: 4096, pages: 50_000, freePages, canShrink }) },
      }),
    );

  it('that cannot be given back is a finding, once there is much of it', async () => {
    expect(brief(await check(true, 40_000))).toContain('ok space');
    expect(brief(await check(false, 10))).toContain('ok space');
    const [, space] = await check(false, 40_000);
    expect(space).toMatchObject({ level: 'warning', advice: expect.stringContaining('iep migrate --compact') });
  });
});

describe('webhooks', () => {
  const clock = createManualClock(100 * HOUR);
  const now = clock.now();
  const endpoint = { id: 'w1', tenantId: 't', url: 'https://app.example.com/hooks?token=planted', events: ['*'] };
  const tenant = {
    id: 't',
    slug: 'acme',
    name: 'Acme',
    active: true,
    paused: false,
    settings: {},
    senderDomains: [],
    verifiedDomains: [],
  };
  const check = (more: Partial<WebhookEndpoint>) =>
    all(
      checkWebhooks({
        ...{ clock, tenants: [{ ...tenant, createdAt: 0, updatedAt: 0 }] },
        store: {
          webhooks: {
            list: async () => [
              { ...endpoint, events: ['*'], secret: 'x', active: true, createdAt: 0, updatedAt: 0, ...more },
            ],
          },
        },
      }),
    );

  it('that were turned off or only fail are named, without what their address may hold', async () => {
    expect(brief(await check({}))).toEqual(['ok webhooks']);
    expect(brief(await check({ failingSince: now - HOUR / 2 }))).toEqual(['ok webhooks']);
    const off = await check({ active: false, off: { reason: 'it answered 410', at: now } });
    const failing = await check({ failingSince: now - 5 * HOUR });
    expect(brief([...off, ...failing])).toEqual(['warning webhook w1 of acme', 'warning webhook w1 of acme']);
    expect(off[0]?.advice).toContain('iep webhook set w1 --active');
    expect(JSON.stringify([off, failing])).not.toContain('planted');
    // One that its owner turned off is as they want it.
    expect(await check({ active: false })).toEqual([{ check: 'webhooks', level: 'ok', detail: expect.any(String) }]);
  });
});

describe('a paused queue', () => {
  it('is told with why IEP paused it, before one resumes it', async () => {
    const row = { tenantSlug: 'shop', paused: true, waiting: 1, due: 0, scheduled: 0, nextDueAt: 0, lane: 'normal' };
    const store = { outbox: { queue: async () => ({ paused: false, rows: [row] }) } };
    const tenants = [{ slug: 'shop', pausedReason: '3 of 20 recipients complained' }];
    const found = await all(checkQueue(store as never, { clock: createManualClock(0), running: true, tenants }));
    expect(found[0]).toMatchObject({
      detail: 'IEP paused it for tenant shop: 3 of 20 recipients complained',
      advice: 'When that is put right: iep queue resume --tenant shop',
    });
  });
});
