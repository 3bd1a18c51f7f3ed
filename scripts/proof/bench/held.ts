/** What it costs to claim the notifications that are due while few, or very many, are held: on the store itself. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/core/clock.ts';
import { createIds } from '../../../src/core/ids.ts';
import { openStore } from '../../../src/db/open.ts';
import type { NewDelivery, Verdict } from '../../../src/db/verbs/notifications.ts';
import type { Store } from '../../../src/db/verbs/store.ts';
import { medianOf } from './parts.ts';
import type { Own } from './vendors.ts';

export interface HeldFigures {
  readonly claimedPerSecond: number;
  /** Of this process, in which nothing else happens meanwhile. */
  readonly cpuMsEach: number;
}

export const FEW = 1_000;
/** Due ones that are claimed a round. */
const DUE = 1_000;
/** As the worker claims. */
const CLAIM = { limit: 20, maxPerTenant: 25, maxPerSlot: 4, maxDoubtful: 25, leaseMs: 600_000, owner: 'bench' };
const SLOTS = 64;
/** Deliveries of a notification that fills the store. */
const FILL = 500;
const DAY_MS = 86_400_000;

const newId = createIds(systemClock);

/** Medians of rounds that go back and forth between a store with few and one with many. */
export async function heldFigures(
  { workspace, say }: Pick<Own, 'workspace' | 'say'>,
  { held, rounds }: { held: number; rounds: number },
): Promise<{ few: HeldFigures; many: HeldFigures }> {
  const dir = mkdtempSync(join(workspace.dir, 'held-'));
  const [few, many] = [await openSubject(join(dir, 'few'), FEW), await openSubject(join(dir, 'many'), held, say)];
  // Both start from warm code and prepared statements.
  for (const subject of [few, many]) await claimDue(subject);
  const figures = { few: [] as HeldFigures[], many: [] as HeldFigures[] };
  for (let round = 0; round < rounds; round += 1) {
    figures.few.push(await claimDue(few));
    figures.many.push(await claimDue(many));
    say(`held: round ${round + 1} of ${rounds}`);
  }
  for (const { store } of [few, many]) await store.close();
  rmSync(dir, { recursive: true });
  return { few: medianOf(figures.few), many: medianOf(figures.many) };
}

interface Subject {
  readonly store: Store;
  readonly tenantId: string;
}

async function openSubject(dir: string, held: number, say?: (text: string) => void): Promise<Subject> {
  mkdirSync(dir);
  const { store } = await openStore({ file: join(dir, 'iep.db'), threads: true });
  const subject = { store, tenantId: newId() };
  const settings = { anySender: true };
  await store.tenants.add({ id: subject.tenantId, slug: 'bench', name: 'Bench', settings, now: systemClock.now() });
  for (let done = 0; done < held; done += FILL) {
    await add(subject, { first: done, count: Math.min(FILL, held - done), verdictOf: heldUntilTomorrow });
    if (done % 100_000 === 0) say?.(`held: ${done} of ${held}`);
  }
  return subject;
}

/** Every other one in a digest of its own, the rest in quiet hours. */
function heldUntilTomorrow(number: number): Verdict {
  const until = systemClock.now() + DAY_MS;
  if (number % 2 === 0) return { kind: 'held', reason: 'quiet_hours', until };
  return { kind: 'held', reason: 'digest', until, window: { kind: 'digest', key: `news ${number}` } };
}

async function add(
  { store, tenantId }: Subject,
  { first, count, verdictOf }: { first: number; count: number; verdictOf: (number: number) => Verdict },
): Promise<void> {
  const deliveries = Array.from({ length: count }, (_, at): NewDelivery => {
    const number = first + at;
    const slot = 1 + (number % SLOTS);
    return {
      ...{ recipient: `subscriber:s${number}`, channel: 'webhook', step: 0, slot },
      ...{ verdict: verdictOf(number), takes: [] },
    };
  });
  const notification = { id: newId(), type: 'news', content: { data: { job: 'nightly-backup' } } };
  await store.notifications.add({ tenantId, now: systemClock.now(), notification, deliveries });
}

/** Claims alone are measured, not what settles them. */
async function claimDue(subject: Subject): Promise<HeldFigures> {
  const { store } = subject;
  await add(subject, { first: 0, count: DUE, verdictOf: () => ({ kind: 'now' }) });
  let [claimed, tookMs, cpuMs] = [0, 0, 0];
  while (claimed < DUE) {
    const [began, before] = [performance.now(), process.cpuUsage()];
    const { jobs } = await store.notifications.claim({ ...CLAIM, now: systemClock.now() });
    const { user, system } = process.cpuUsage(before);
    tookMs += performance.now() - began;
    cpuMs += (user + system) / 1_000;
    if (jobs.length === 0) throw new Error(`claimed ${claimed} of ${DUE} notifications`);
    claimed += jobs.length;
    const outcome = { status: 'sent' } as const;
    await Promise.all(
      jobs.map(({ entry, fence, tenantId }) =>
        store.notifications.settle({ entry, fence, tenantId, at: systemClock.now(), outcome }),
      ),
    );
  }
  return { claimedPerSecond: (claimed / tookMs) * 1_000, cpuMsEach: cpuMs / claimed };
}
