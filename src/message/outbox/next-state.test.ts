import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobOf } from '../../../test/jobs.ts';
import { type Job, type Message, openStatuses, type Status } from '../../core/message.ts';
import { messageStatus } from '../../core/message-status.ts';
import { type AttemptReport, asksToWait, type BounceClass, isOfAccount, type Outcome } from '../../core/outcome.ts';
import type { UnknownPolicy } from '../../core/tenant-settings.ts';
import type { Settlement } from '../../db/verbs/outbox.ts';
import { nextState, type Policy } from './next-state.ts';

const NOW = 1_800_000_000_000;
const DAYS = 86_400_000;
const policy: Policy = { scheduleSeconds: [60, 300, 900, 3600], jitter: 0, unknown: 'retry', maxAgeMs: 5 * DAYS };

const reply = { text: '250 2.0.0 ok', code: 250, enhanced: '2.0.0' };
const delivered: Outcome = { kind: 'delivered', reply };
const deferred: Outcome = { kind: 'deferred', reply: { text: '451 later' } };
const unavailable: Outcome = { kind: 'unavailable', reply: { text: 'connection refused' } };
const unknown: Outcome = { kind: 'unknown', reply: { text: 'no answer' } };
const throttled: Outcome = { kind: 'throttled', reply: { text: '450 slow down' }, retryAfterMs: 7_000 };
const busy: Outcome = { kind: 'unavailable', busy: true, reply: { text: '421 not now' }, retryAfterMs: 9_000 };
const account: Outcome = { kind: 'unavailable', account: true, reply: { text: '535 5.7.8 no' } };
const rejected = (bounce: BounceClass): Outcome => ({ kind: 'rejected', reply: { text: '550 no' }, bounce });

const report = (provider: string, outcomes: Readonly<Record<number, Outcome>>): AttemptReport => ({
  provider,
  startedAt: NOW - 100,
  endedAt: NOW - 10,
  outcomes: new Map(Object.entries(outcomes).map(([position, outcome]) => [Number(position), outcome])),
});

const next = (job: Job, reports: readonly AttemptReport[], unknownPolicy: UnknownPolicy = 'retry') =>
  nextState({ job, reports, policy: { ...policy, unknown: unknownPolicy }, now: NOW, random: () => 0.5 });

const inShort = ({ status, recipients, dueAt, dead, attempts, events }: Settlement) => ({
  status,
  recipients: recipients.map((one) => one.status).join(' '),
  waitS: dueAt === undefined ? undefined : (dueAt - NOW) / 1_000,
  dead: dead ?? false,
  counted: attempts?.some(({ counted }) => counted),
  events: events.map(({ type }) => type).join(' '),
});

interface Case {
  readonly title: string;
  readonly outcomes: readonly Outcome[];
  readonly attempts?: number;
  readonly unknown?: UnknownPolicy;
  readonly suppressed?: readonly number[];
  readonly settled?: readonly Status[];
  readonly gaveUp?: true;
  readonly gives: Partial<ReturnType<typeof inShort>>;
}

const cases: readonly Case[] = [
  {
    title: 'accepted',
    outcomes: [delivered],
    gives: { status: 'sent', recipients: 'sent', events: 'processing sent', counted: true, dead: false },
  },
  {
    title: 'deferred the first time',
    outcomes: [deferred],
    gives: { status: 'queued', recipients: 'queued', waitS: 60, events: 'processing retry_scheduled', counted: true },
  },
  { title: 'deferred the third time', outcomes: [deferred], attempts: 2, gives: { status: 'queued', waitS: 900 } },
  {
    title: 'deferred the last time',
    outcomes: [deferred],
    attempts: 4,
    gives: { status: 'failed', recipients: 'failed', waitS: undefined, dead: true, events: 'processing failed dlq' },
  },
  { title: 'unavailable counts', outcomes: [unavailable], gives: { status: 'queued', waitS: 60, counted: true } },
  { title: 'unavailable the last time', outcomes: [unavailable], attempts: 4, gives: { status: 'failed', dead: true } },
  {
    title: 'throttled costs no attempt',
    outcomes: [throttled],
    attempts: 4,
    gives: { status: 'queued', waitS: 7, counted: false, dead: false, events: 'processing delivery_delayed' },
  },
  {
    title: '421 costs no attempt',
    outcomes: [busy],
    attempts: 4,
    gives: { status: 'queued', waitS: 9, counted: false, dead: false, events: 'processing delivery_delayed' },
  },
  {
    title: 'an account that is refused costs no attempt',
    outcomes: [account],
    attempts: 4,
    gives: { status: 'queued', waitS: 10, counted: false, dead: false, events: 'processing delivery_delayed' },
  },
  {
    title: 'rejected for the address',
    outcomes: [rejected('hard')],
    gives: { status: 'bounced', recipients: 'bounced', dead: false, events: 'processing bounced' },
  },
  {
    title: 'rejected for anything else',
    outcomes: [rejected('policy')],
    gives: { status: 'failed', recipients: 'failed', dead: false, events: 'processing failed' },
  },
  {
    title: 'unknown is tried again',
    outcomes: [unknown],
    gives: { status: 'queued', waitS: 60, counted: true, events: 'processing retry_scheduled' },
  },
  {
    title: 'unknown is held where the tenant wishes',
    outcomes: [unknown],
    unknown: 'hold',
    gives: { status: 'failed', recipients: 'failed', waitS: undefined, dead: true, events: 'processing failed dlq' },
  },
  {
    title: 'one accepted, one refused',
    outcomes: [delivered, rejected('hard')],
    gives: { status: 'sent', recipients: 'sent bounced', events: 'processing sent bounced' },
  },
  {
    title: 'one accepted, one deferred: open',
    outcomes: [delivered, deferred],
    gives: { status: 'queued', recipients: 'sent queued', waitS: 60, events: 'processing sent retry_scheduled' },
  },
  {
    title: 'the last of several fails after another was accepted earlier',
    outcomes: [deferred],
    attempts: 4,
    settled: ['sent'],
    gives: { status: 'sent', recipients: 'failed', dead: true },
  },
  {
    title: 'throttled recipients outlive those whose attempts are used up',
    outcomes: [deferred, throttled],
    attempts: 4,
    gives: {
      ...{ status: 'queued', recipients: 'failed queued', waitS: 7, dead: 'later', counted: true },
      events: 'processing failed delivery_delayed',
    },
  },
  {
    title: 'a dead letter is said when the last recipient has an outcome',
    outcomes: [delivered],
    settled: ['failed'],
    gaveUp: true,
    gives: { status: 'sent', dead: true, events: 'processing sent dlq' },
  },
  {
    title: 'and not while one is open',
    outcomes: [throttled],
    settled: ['failed'],
    gaveUp: true,
    gives: { status: 'queued', dead: 'later', events: 'processing delivery_delayed' },
  },
  {
    title: 'deferred and throttled: waits for the longer',
    outcomes: [deferred, throttled],
    gives: { status: 'queued', waitS: 60, events: 'processing retry_scheduled' },
  },
  {
    title: 'a suppressed recipient beside an accepted one',
    outcomes: [delivered, delivered],
    suppressed: [1],
    gives: { status: 'sent', recipients: 'sent suppressed', events: 'suppressed processing sent' },
  },
];

describe('next state', () => {
  it.each(cases)('$title', ({ outcomes, gives, unknown: unknownPolicy, ...rest }) => {
    const job = jobOf({ recipients: outcomes.length, ...rest });
    const reports = [
      report('relay', Object.fromEntries([...outcomes.entries()].filter(([at]) => !job.suppressed.includes(at)))),
    ];
    expect(inShort(next(job, reports, unknownPolicy))).toMatchObject(gives);
  });

  it('says who turned off what it is', () => {
    const job = jobOf({ recipients: 2, suppressed: [0, 1] });
    const message = { ...job.message, unsubscribe: { category: 'news' } };
    const { recipients, events } = next({ ...job, message, unsubscribed: [1] }, []);
    expect(recipients).toEqual([
      { position: 0, status: 'suppressed' },
      { position: 1, status: 'suppressed', reply: 'turned off: news' },
    ]);
    expect(events.map(({ data }) => data)).toEqual([undefined, { reason: 'unsubscribed', category: 'news' }]);
  });

  it('is suppressed, without an attempt, when everybody is', () => {
    const job = jobOf({ recipients: 2, suppressed: [0, 1] });
    const settlement = next(job, []);
    expect(inShort(settlement)).toMatchObject({ status: 'suppressed', events: 'suppressed suppressed' });
    expect(settlement).not.toHaveProperty('attempts');
  });

  it('takes the fallback’s word where it was tried, and the first one’s where not', () => {
    const job = jobOf({ recipients: 2 });
    const reports = [report('relay', { 0: unavailable, 1: rejected('hard') }), report('spare', { 0: delivered })];
    const failover = { from: 'relay', to: 'spare', at: NOW - 5, outcome: 'unavailable', reply: 'refused' } as const;
    const settlement = nextState({ job, reports, failovers: [failover], policy, now: NOW, random: () => 0.5 });
    expect(inShort(settlement)).toMatchObject({
      status: 'sent',
      recipients: 'sent bounced',
      events: 'processing delivery_delayed processing sent bounced',
    });
    expect(settlement.attempts).toMatchObject([
      { provider: 'relay', outcome: 'rejected', counted: false },
      { provider: 'spare', outcome: 'delivered', counted: true },
    ]);
    expect(settlement.events[1]?.data).toEqual({
      ...{ failover: true, from: 'relay', fallback: 'spare', attempt: 1, outcome: 'unavailable', reply: 'refused' },
    });
  });

  it('counts an attempt where the fallback was no better than a primary that said 421', () => {
    const settlement = next(jobOf({}), [report('relay', { 0: busy }), report('spare', { 0: deferred })]);
    expect(inShort(settlement)).toMatchObject({ waitS: 60, counted: true });
    const other = next(jobOf({}), [report('relay', { 0: deferred }), report('spare', { 0: busy })]);
    expect(inShort(other)).toMatchObject({ waitS: 60, counted: true });
  });

  it('is as before, and due at once, where a stop kept the next of the route from being asked', () => {
    const job = jobOf({ recipients: 2, attempts: 4 });
    const outcomes = { 0: unavailable, 1: busy };
    const cut = nextState({ job, reports: [report('a', outcomes)], isCut: true, policy, now: NOW, random: () => 0.5 });
    expect(inShort(cut)).toMatchObject({ status: 'queued', recipients: 'queued queued', waitS: 0, counted: false });
    const withMore = { ...outcomes, 2: deferred };
    const also = [report('a', withMore)];
    const some = nextState({
      ...{ job: jobOf({ recipients: 3 }), reports: also, isCut: true, policy, now: NOW, random: () => 0.5 },
    });
    expect(inShort(some)).toMatchObject({ status: 'queued', waitS: 60, counted: true });
  });

  it('loses its patience with a provider that asks to wait for days', () => {
    const old = { createdAt: NOW - 6 * DAYS };
    for (const outcome of [busy, throttled]) {
      const settle = (attempts: number, message: Partial<Message>) =>
        inShort(next(jobOf({ attempts, message }), [report('relay', { 0: outcome })]));
      expect(settle(0, old)).toMatchObject({ status: 'queued', waitS: 60, counted: true, dead: false });
      expect(settle(4, old)).toMatchObject({ status: 'failed', dead: true });
      expect(settle(4, { ...old, scheduledAt: NOW - DAYS })).toMatchObject({ status: 'queued', counted: false });
    }
  });

  it('keeps the last error and forgets it after success', () => {
    expect(next(jobOf({}), [report('relay', { 0: deferred })]).lastError).toBe('451 later');
    expect(next(jobOf({}), [report('relay', { 0: delivered })])).not.toHaveProperty('lastError');
  });

  it('says in the history that the account is refused, and no time', () => {
    const { events } = next(jobOf({}), [report('relay', { 0: account })]);
    const told = events.at(-1)?.data;
    expect(told).toMatchObject({ account: true, reply: '535 5.7.8 no' });
    expect(told).not.toHaveProperty('nextAttemptAt');
  });

  it('tells a sender that is refused from an account that is', () => {
    const ofSender: Outcome = { kind: 'unavailable', account: true, sender: true, reply: { text: '403 not verified' } };
    const { events } = next(jobOf({}), [report('relay', { 0: ofSender })]);
    expect(events.at(-1)?.data).toMatchObject({ account: true, sender: true });
    expect(next(jobOf({}), [report('relay', { 0: account })]).events.at(-1)?.data).not.toHaveProperty('sender');
  });

  it('says in the history of a held message how to send it again', () => {
    const { events } = next(jobOf({}), [report('relay', { 0: unknown })], 'hold');
    expect(events.at(-1)?.data?.reason).toContain('`iep retry ID`');
  });

  it('tells provider, attempt and reply in every event about an answer', () => {
    const { events } = next(jobOf({ attempts: 2 }), [report('relay', { 0: deferred })]);
    expect(events.at(-1)).toMatchObject({
      type: 'retry_scheduled',
      recipient: 'r0@example.com',
      data: { provider: 'relay', attempt: 3, reply: '451 later', nextAttemptAt: new Date(NOW + 900_000).toISOString() },
    });
  });

  it('is a fault when a recipient has no outcome', () => {
    expect(() => next(jobOf({ recipients: 2 }), [report('relay', { 0: delivered })])).toThrow('no outcome');
  });
});

describe('a message’s whole life', () => {
  const outcome = fc.constantFrom(
    delivered,
    deferred,
    unavailable,
    unknown,
    throttled,
    busy,
    account,
    rejected('hard'),
    rejected('other'),
  );
  const isOpen = (status: Status) => openStatuses.includes(status);

  it('ends, keeps every final status, and sums up its recipients', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom<UnknownPolicy>('retry', 'hold'),
        fc.infiniteStream(outcome),
        fc.infiniteStream(fc.boolean()),
        (count, maxAttempts, unknownPolicy, outcomes, suppressions) => {
          const statuses = new Map<number, Status>();
          for (let position = 0; position < count; position += 1) statuses.set(position, 'queued');
          let attempts = 0;
          let dead: Settlement['dead'];

          for (let turn = 0; turn < 500; turn += 1) {
            const open = [...statuses].filter(([, status]) => isOpen(status)).map(([position]) => position);
            if (open.length === 0) break;
            const whole = jobOf({ recipients: count, attempts, maxAttempts });
            const suppressed = open.filter(() => suppressions.next().value && turn % 3 === 1);
            const job: Job = {
              ...whole,
              recipients: whole.recipients.filter(({ position }) => open.includes(position)),
              suppressed,
              settled: [...statuses.values()].filter((status) => !isOpen(status)),
              ...(dead !== undefined && { gaveUp: true }),
            };
            const tried = open.filter((position) => !suppressed.includes(position));
            const said = Object.fromEntries(tried.map((position) => [position, outcomes.next().value as Outcome]));
            const settlement = next(job, tried.length > 0 ? [report('relay', said)] : [], unknownPolicy);

            for (const { position, status } of settlement.recipients) {
              expect(isOpen(statuses.get(position) ?? 'sent'), 'only open recipients change').toBe(true);
              statuses.set(position, status);
            }
            const all = [...statuses.values()];
            const stillOpen = all.some(isOpen);
            expect(isOpen(settlement.status)).toBe(stillOpen);
            expect(settlement.dueAt !== undefined).toBe(stillOpen);
            if (!stillOpen) {
              expect(settlement.status).toBe(messageStatus(all));
            }
            const anyReal = Object.values(said).some((one) => !asksToWait(one) && !isOfAccount(one));
            expect(settlement.attempts?.[0]?.counted ?? false).toBe(anyReal);
            if (anyReal) attempts += 1;
            const failing = Object.entries(said).filter(
              ([, one]) =>
                one.kind === 'deferred' || (one.kind === 'unavailable' && !asksToWait(one) && !isOfAccount(one)),
            );
            if (attempts >= maxAttempts) {
              for (const [position] of failing) expect(statuses.get(Number(position))).toBe('failed');
            }
            expect(settlement.dead === true).toBe(settlement.events.some(({ type }) => type === 'dlq'));
            if (stillOpen) expect(settlement.dead).not.toBe(true);
            else if (dead === 'later') expect(settlement.dead).toBe(true);
            dead = settlement.dead;
          }
          expect([...statuses.values()].some(isOpen), 'it ends').toBe(false);
        },
      ),
    );
  });
});
