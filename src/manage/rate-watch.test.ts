/** A rate that is too high is told to the log, the metrics and the audit log, once, also where a command recorded it before. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { heardLog } from '../../test/heard-log.ts';
import { createManualClock, type ManualClock } from '../../test/manual-clock.ts';
import { NOW, newMessage } from '../db/suites/suite.testing.ts';
import { createAudit } from './audit/audit.ts';
import { openManage, type TestManage } from './manage.testing.ts';
import { createRateWatch, type RateWatch } from './rate-watch.ts';

let open: TestManage;
let clock: ManualClock;
let watch: RateWatch;
let counted: string[];
let log: ReturnType<typeof heardLog>;
beforeEach(async () => {
  open = await openManage();
  clock = createManualClock();
  [counted, log] = [[], heardLog()];
  watch = create();
  const settings = { pauseOnComplaintRate: true };
  await open.store.tenants.set({ tenantId: open.tenants.acme.id, settings, now: NOW });
});
afterEach(async () => {
  await watch.stop();
  await open.close();
});

const create = () =>
  createRateWatch({
    ...{ store: open.store, clock, log, audit: createAudit(open.deps) },
    metrics: { rateAlert: ({ tenant, rate }) => counted.push(`${tenant} ${rate}`) },
  });

async function complain(count: number): Promise<void> {
  const tenantId = open.tenants.acme.id;
  const to = Array.from({ length: 40 }, (_, at) => ({ email: `r${at}@x.example` }));
  const entry = newMessage(tenantId, { to });
  const [answer] = await open.store.outbox.accept({
    ...{ tenantId, messages: [entry], lease: { owner: 'a', now: NOW, leaseMs: 60_000 } },
  });
  if (answer?.kind !== 'accepted' || answer.job === undefined) throw new Error('expected a job');
  const messageId = entry.message.id;
  await open.store.outbox.settle({
    ...{ tenantId, messageId, fence: answer.job.fence, at: NOW, status: 'sent', events: [] },
    recipients: to.map((_, position) => ({ position, status: 'sent' as const })),
  });
  const feedback = to.slice(0, count).map(({ email }) => ({
    ...{ kind: 'complained' as const, at: NOW, recipient: email, data: {}, about: { messageId } },
  }));
  await open.store.feedback.record({ door: 'import', feedback, now: NOW });
}

const told = () => log.lines.filter(({ level }) => level === 'warn');

/** Until it has looked at what was committed. */
async function looked(): Promise<void> {
  clock.advance(1_000);
  while ((await open.store.tallies.raisedAlerts({ limit: 1 })).length > 0) await new Promise(setImmediate);
}

it('tells of what was recorded before it ran, and keeps that a queue was paused', async () => {
  await complain(3);
  watch.start();
  await looked();
  const { id } = open.tenants.acme;
  expect(counted).toEqual([`${id} complained`]);
  expect(told()).toMatchObject([
    {
      message: 'the rate of a tenant is too high',
      fields: { tenant: 'acme', event: 'tenant.complaint_rate', rate: 0.075, complained: 3, paused: true },
    },
  ]);
  expect(await open.entries()).toEqual(['queue.pause done acme -']);
  const [entry] = (await open.store.audit.list({ filter: {}, limit: 1 })).items;
  expect(entry).toMatchObject({ actor: { kind: 'system', id: 'rates' } });
  expect(JSON.parse(entry?.detail ?? '')).toMatchObject({ after: { rate: 0.075, recipients: 40 } });
});

it('tells of what is recorded while it runs, and of nothing twice', async () => {
  watch.start();
  await looked();
  await complain(2);
  await looked();
  expect(counted).toHaveLength(1);
  await watch.stop();
  watch = create();
  watch.start();
  await open.store.outbox.pause({ tenantId: open.tenants.acme.id, paused: false, now: NOW });
  await complain(1);
  await looked();
  expect(counted).toHaveLength(1);
});

it('tries again where the audit log could not be written', async () => {
  await complain(2);
  let refuses = true;
  const { record } = createAudit(open.deps);
  watch = createRateWatch({
    ...{ store: open.store, clock, log, metrics: { rateAlert: () => undefined } },
    audit: { record: (action) => (refuses ? Promise.reject(new Error('full')) : record(action)) },
  });
  watch.start();
  clock.advance(1_000);
  while (!log.lines.some(({ level }) => level === 'error')) await new Promise(setImmediate);
  expect(await open.entries()).toEqual([]);
  refuses = false;
  await new Promise(setImmediate);
  clock.advance(10_000);
  await looked();
  expect(await open.entries()).toEqual(['queue.pause done acme -']);
});
