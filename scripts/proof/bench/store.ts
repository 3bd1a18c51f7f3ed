/** Insert and claim on the store itself, with nothing and with a long history of messages that are done. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/core/clock.ts';
import { createIds } from '../../../src/core/ids.ts';
import type { Job } from '../../../src/core/message.ts';
import { openStore } from '../../../src/db/open.ts';
import type { NewMessage, Settlement } from '../../../src/db/verbs/outbox.ts';
import type { Store } from '../../../src/db/verbs/store.ts';
import { MESSAGE_BYTES } from '../source.ts';
import type { Workspace } from '../workspace.ts';
import { medianOf } from './parts.ts';

export interface StoreFigures {
  readonly insertedPerSecond: number;
  readonly claimedPerSecond: number;
}

/** Callers that wait for their commit at once, as sessions do. */
const CALLERS = 100;
const CLAIM_LIMIT = 50;
/** Messages measured a round. */
const MEASURED = 10_000;
const FILL_BATCH = 500;
const LEASE_MS = 600_000;
const OWNER = 'bench';

const newId = createIds(systemClock);

/** Medians of `rounds` that go back and forth between the empty and the full store. */
export async function storeFigures(
  workspace: Workspace,
  { history, rounds, say }: { history: number; rounds: number; say: (text: string) => void },
): Promise<{ empty: StoreFigures; full: StoreFigures }> {
  const dir = mkdtempSync(join(workspace.dir, 'store-'));
  const [empty, full] = [await openSubject(join(dir, 'empty')), await openSubject(join(dir, 'full'))];
  for (let done = 0; done < history; done += FILL_BATCH) {
    await fill(full);
    if (done % 50_000 === 0) say(`store: ${done} of ${history} messages of history`);
  }
  // Both start from warm code and prepared statements.
  for (const subject of [empty, full]) await measure(subject);
  const figures = { empty: [] as StoreFigures[], full: [] as StoreFigures[] };
  for (let round = 0; round < rounds; round += 1) {
    figures.empty.push(await measure(empty));
    figures.full.push(await measure(full));
    say(`store: round ${round + 1} of ${rounds}`);
  }
  await empty.store.close();
  await full.store.close();
  rmSync(dir, { recursive: true });
  return { empty: medianOf(figures.empty), full: medianOf(figures.full) };
}

interface Subject {
  readonly store: Store;
  readonly tenantId: string;
}

async function openSubject(dir: string): Promise<Subject> {
  mkdirSync(dir);
  const { store } = await openStore({ file: join(dir, 'iep.db'), threads: true });
  const tenantId = newId();
  await store.tenants.add({
    id: tenantId,
    slug: 'bench',
    name: 'Bench',
    settings: { anySender: true },
    now: systemClock.now(),
  });
  return { store, tenantId };
}

async function measure(subject: Subject): Promise<StoreFigures> {
  const inserting = await timed(() => insert(subject));
  const [claiming, jobs] = await timedResult(() => claimAll(subject));
  if (jobs.length !== MEASURED) throw new Error(`claimed ${jobs.length} of ${MEASURED} messages`);
  await finish(subject.store, jobs);
  return { insertedPerSecond: MEASURED / inserting, claimedPerSecond: MEASURED / claiming };
}

/** From callers that each wait for their own commit. */
async function insert({ store, tenantId }: Subject): Promise<void> {
  let left = MEASURED;
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      await store.outbox.accept({ tenantId, messages: [newMessage(tenantId)] });
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

/** History, in large commits: messages that are leased as they are stored, and then done. */
async function fill({ store, tenantId }: Subject): Promise<void> {
  const messages = Array.from({ length: FILL_BATCH }, () => newMessage(tenantId));
  const lease = { owner: OWNER, now: systemClock.now(), leaseMs: LEASE_MS };
  const results = await store.outbox.accept({ tenantId, messages, lease });
  const jobs = results.flatMap((result) => (result.kind === 'accepted' && result.job ? [result.job] : []));
  if (jobs.length !== FILL_BATCH) throw new Error(`leased ${jobs.length} of ${FILL_BATCH} messages`);
  await finish(store, jobs);
}

async function claimAll({ store }: Subject): Promise<Job[]> {
  const all: Job[] = [];
  for (;;) {
    const now = systemClock.now();
    const claim = { owner: OWNER, now, leaseMs: LEASE_MS, limit: CLAIM_LIMIT, skipTenants: [] };
    const { jobs } = await store.outbox.claim(claim);
    if (jobs.length === 0) return all;
    all.push(...jobs);
  }
}

/** Settles as the outbox does after a provider's yes. */
async function finish(store: Store, jobs: readonly Job[]): Promise<void> {
  const settled = await Promise.all(jobs.map((job) => store.outbox.settle(sent(job))));
  if (settled.includes(false)) throw new Error('a lease was lost');
}

function sent({ message, recipients, fence }: Job): Settlement {
  const at = systemClock.now();
  const reply = '250 2.0.0 Ok';
  return {
    tenantId: message.tenantId,
    messageId: message.id,
    fence,
    at,
    status: 'sent',
    recipients: recipients.map(({ position }) => ({ position, status: 'sent', reply })),
    attempts: [{ provider: 'sink', startedAt: at, endedAt: at, outcome: 'delivered', reply, counted: true }],
    events: [{ type: 'sent', at, recipient: recipients[0]?.address ?? '', data: { provider: 'sink', reply } }],
    sentAt: at,
  };
}

function newMessage(tenantId: string): NewMessage {
  const id = newId();
  const raw = Buffer.alloc(MESSAGE_BYTES, 'x');
  return {
    message: {
      id,
      tenantId,
      createdAt: systemClock.now(),
      door: 'smtp',
      from: { email: 'sender@example.com' },
      envelopeFrom: 'sender@example.com',
      to: [{ email: 'recipient@example.net' }],
      cc: [],
      subject: 'Load',
      messageIdHeader: `<${id}@example.com>`,
      content: { kind: 'raw', raw: { bytes: raw, size: raw.length }, utf8Header: false },
      attachments: [],
      tags: [],
      lane: 'normal',
      maxAttempts: 5,
    },
    recipients: [{ address: 'recipient@example.net', kind: 'rcpt' }],
  };
}

async function timedResult<T>(work: () => Promise<T>): Promise<[seconds: number, result: T]> {
  const began = performance.now();
  const result = await work();
  return [(performance.now() - began) / 1000, result];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  return (await timedResult(work))[0];
}
