import { describe, expect, it } from 'vitest';
import { jobOf } from '../../../test/jobs.ts';
import { createManualClock } from '../../../test/manual-clock.ts';
import type { Job } from '../../core/message.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Routing } from '../../core/routing.ts';
import { createStopping, type Stop } from '../../core/stop.ts';
import type { TenantSettings } from '../../core/tenant-settings.ts';
import type { Parcel, Provider, SendResult } from '../providers/provider.ts';
import { createDelivery, type Delivered, type DeliveryDeps, type DeliveryOptions } from './deliver.ts';
import { MOST_WAITING } from './gate.ts';

const never: Stop = createStopping();
const reply = { text: 'said' };
const delivered: Outcome = { kind: 'delivered', reply };
const unavailable: Outcome = { kind: 'unavailable', reply };

interface FakeProvider extends Provider {
  readonly parcels: Parcel[];
  /** What it answers for each address; `delivered` where nothing is said. */
  answers: Readonly<Record<string, Outcome>>;
  /** While set, answers wait. */
  stuck?: Promise<void>;
}

function fakeProvider(name: string, concurrency = 2): FakeProvider {
  const provider: FakeProvider = {
    name,
    type: 'fake',
    concurrency,
    capabilities: { takes: 'either', wantsDkim: true, idempotent: false, returnPath: name === 'relay' },
    parcels: [],
    answers: {},
    async send(parcel, { broken: signal }): Promise<SendResult> {
      provider.parcels.push(parcel);
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      if (provider.stuck) await Promise.race([provider.stuck, aborted]);
      const answer = (address: string) => (signal.aborted ? unavailable : (provider.answers[address] ?? delivered));
      return { outcomes: new Map(parcel.recipients.map(({ position, address }) => [position, answer(address)])) };
    },
    check: async () => ({ ok: true, detail: 'fine.' }),
    close: async () => undefined,
  };
  return provider;
}

interface Setting extends Partial<DeliveryOptions> {
  readonly routing?: Routing;
  readonly tenant?: TenantSettings;
  readonly composeMime?: () => Promise<Uint8Array>;
  readonly returnPathOf?: DeliveryDeps['returnPathOf'];
  /** The providers want DKIM where it is there. */
  readonly signatureFor?: DeliveryDeps['signatureFor'];
}

const breaker = { failureRate: 0.5, windowMs: 60_000, cooldownMs: 30_000, minimumAttempts: 4 };

function setUp(options: Setting = {}) {
  const clock = createManualClock();
  const relay = fakeProvider('relay');
  const spare = fakeProvider('spare');
  let rooms = 0;
  const delivery = createDelivery(
    {
      providers: [relay, spare],
      tenantSettings: async () => options.tenant ?? {},
      composeMime: options.composeMime ?? (async () => new Uint8Array()),
      readBytes: async () => new Uint8Array(),
      clock,
      onRoom: () => (rooms += 1),
      ...(options.returnPathOf && { returnPathOf: options.returnPathOf }),
      ...(options.signatureFor && { signatureFor: options.signatureFor }),
    },
    { breaker, checks: false, maxAgeMs: 432_000_000, routing: { primary: 'relay', fallback: 'spare' }, ...options },
  );
  const deliver = (job: Job, stop = never) => delivery.deliver(job, { subject: 'x' }, stop);
  return { clock, relay, spare, delivery, deliver, rooms: () => rooms };
}

/** Provider and outcomes of each report, as text. */
async function shortly(delivered: ReturnType<ReturnType<typeof setUp>['deliver']>) {
  const result = await delivered;
  if (result.kind === 'held') return 'held';
  return result.reports
    .map(
      ({ provider, outcomes }) => `${provider}: ${[...outcomes].map(([at, { kind }]) => `${at} ${kind}`).join(', ')}`,
    )
    .join('; ');
}

describe('deliver', () => {
  it('hands open recipients to the primary, without the suppressed', async () => {
    const { deliver, relay } = setUp();
    expect(await shortly(deliver(jobOf({ recipients: 3, suppressed: [1] })))).toBe('relay: 0 delivered, 2 delivered');
    expect(relay.parcels[0]?.recipients.map(({ address }) => address)).toEqual(['r0@example.com', 'r2@example.com']);
  });

  it('gives the provider what the caller knows the message by', async () => {
    const { deliver, relay } = setUp();
    const marks = { tags: ['welcome'], category: 'onboarding', metadata: { order: 7 } };
    await shortly(deliver(jobOf({ message: marks })));
    expect(relay.parcels[0]).toMatchObject(marks);
  });

  it('tries the fallback at once for those whom the primary could not serve', async () => {
    const { deliver, relay, spare } = setUp();
    relay.answers = { 'r0@example.com': unavailable, 'r2@example.com': unavailable };
    expect(await shortly(deliver(jobOf({ recipients: 3 })))).toBe(
      'relay: 0 unavailable, 1 delivered, 2 unavailable; spare: 0 delivered, 2 delivered',
    );
    expect(spare.parcels[0]?.recipients).toHaveLength(2);
  });

  it.each(['unknown', 'deferred', 'throttled'] as const)('does not try the fallback after %s', async (kind) => {
    const { deliver, relay, spare } = setUp();
    relay.answers = { 'r0@example.com': { kind, reply } };
    expect(await shortly(deliver(jobOf({})))).toBe(`relay: 0 ${kind}`);
    expect(spare.parcels).toEqual([]);
  });

  it('tries the fallback for a sender whom the primary does not know, which tells nothing of the primary', async () => {
    const { deliver, relay, delivery } = setUp();
    const unknown = { kind: 'unavailable', account: true, sender: true, reply } as const;
    const rejected = { kind: 'rejected', reply, bounce: 'policy' } as const;
    relay.answers = { 'r0@example.com': unknown, 'r1@example.com': rejected };
    expect(await shortly(deliver(jobOf({ recipients: 2 })))).toBe(
      'relay: 0 unavailable, 1 rejected; spare: 0 delivered',
    );
    // It knows by now.
    expect(await shortly(deliver(jobOf({})))).toBe('spare: 0 delivered');
    expect(delivery.ways.states().find(({ name }) => name === 'relay')?.breaker.state).toBe('closed');
  });

  it('keeps to the provider that the message asks for', async () => {
    const { deliver, relay, spare } = setUp();
    spare.answers = { 'r0@example.com': unavailable };
    expect(await shortly(deliver(jobOf({ message: { provider: 'spare' } })))).toBe('spare: 0 unavailable');
    expect(relay.parcels).toEqual([]);
  });

  it('is none, and says so, where the message names a provider that was taken from its tenant', async () => {
    const { deliver } = setUp({ tenant: { providers: ['relay'] } });
    const result = await deliver(jobOf({ message: { provider: 'spare' } }));
    const reply = { text: 'this tenant may not use the provider "spare"; it has: relay' };
    expect(result).toMatchObject({ kind: 'tried', reports: [{ provider: '' }] });
    if (result.kind === 'tried') expect(result.reports[0]?.outcomes.get(0)).toMatchObject({ kind: 'rejected', reply });
  });

  it('is an attempt that failed, with the reason, where there is no such provider: it may be put back', async () => {
    const { deliver } = setUp({ tenant: { providers: ['sess'] } });
    const result = await deliver(jobOf({ message: { provider: 'sess' } }));
    const outcome = result.kind === 'tried' ? result.reports[0]?.outcomes.get(0) : undefined;
    expect(outcome).toMatchObject({ kind: 'unavailable' });
    expect(outcome?.reply.text).toBe('no provider is called "sess"; there are: relay, spare');
  });

  it('refuses for good where nobody chose a provider', async () => {
    const { deliver } = setUp({ routing: {} });
    expect(await shortly(deliver(jobOf({})))).toBe(': 0 rejected');
  });

  it('says so when the fallback does not exist', async () => {
    const { deliver, relay } = setUp({ tenant: { primary: 'relay', fallback: 'sess' } });
    relay.answers = { 'r0@example.com': unavailable };
    expect(await shortly(deliver(jobOf({})))).toBe('relay: 0 unavailable; sess: 0 unavailable');
  });

  it('composes only for a provider that asks', async () => {
    let composed = 0;
    const { deliver } = setUp({
      composeMime: async () => {
        composed += 1;
        return new Uint8Array();
      },
    });
    await deliver(jobOf({}));
    expect(composed).toBe(0);
  });

  it('marks a parcel that needs SMTPUTF8', async () => {
    const { deliver, relay } = setUp();
    const raw = { kind: 'raw', raw: { bytes: new Uint8Array(9), size: 9 } } as const;
    await deliver(jobOf({}));
    await deliver(jobOf({ message: { to: [{ email: 'bücher@example.com' }] } }));
    await deliver(jobOf({ message: { content: { ...raw, utf8Header: true } } }));
    await deliver(jobOf({ message: { content: { ...raw, utf8Header: false } } }));
    expect(relay.parcels.map(({ smtpUtf8, size }) => [smtpUtf8, size])).toEqual([
      [false, undefined],
      [true, undefined],
      [true, 9],
      [false, 9],
    ]);
  });

  it.each([
    ['a recipient in the header', { to: [{ email: 'j\u00f6@example.com' }] }, [true, true]],
    ['the sender', { from: { email: 'j\u00f6@example.com' } }, [true, true]],
    ['Reply-To', { replyTo: 'Jo <j\u00f6@example.com>' }, [true, true]],
    ['only names and domains', { from: { email: 'jo@example.com', name: 'J\u00f6' } }, [false, undefined]],
    ['only names and domains', { replyTo: 'J\u00f6 <jo@b\u00fccher.example>' }, [false, undefined]],
  ])('marks a parcel whose header cannot do without UTF-8: %s', async (_, message, marks) => {
    const { deliver, relay } = setUp();
    await deliver(jobOf({ message }));
    expect(relay.parcels.map(({ smtpUtf8, utf8Header }) => [smtpUtf8, utf8Header])).toEqual([marks]);
  });

  it('marks no header for a blind copy', async () => {
    const { deliver, relay } = setUp();
    const job = jobOf({});
    await deliver({ ...job, recipients: job.recipients.map((one) => ({ ...one, address: 'j\u00f6@example.com' })) });
    expect(relay.parcels).toMatchObject([{ smtpUtf8: true }]);
    expect(relay.parcels[0]).not.toHaveProperty('utf8Header');
  });

  it('passes a fault on, and gives its turn back', async () => {
    const { deliver, relay } = setUp();
    const send = relay.send;
    relay.send = () => Promise.reject(new Error('no such blob'));
    for (let n = 0; n < 5; n += 1) await expect(deliver(jobOf({}))).rejects.toThrow('no such blob');
    relay.send = send;
    expect(await shortly(deliver(jobOf({})))).toBe('relay: 0 delivered');
  });

  it('takes a provider that forgets a recipient for a fault', async () => {
    const { deliver, relay } = setUp();
    relay.send = async () => ({ outcomes: new Map([[0, delivered]]) });
    await expect(deliver(jobOf({ recipients: 2 }))).rejects.toThrow('no outcome for recipient 1');
  });
});

describe('throttling', () => {
  const slow: Outcome = { kind: 'throttled', reply };

  it('names the wait, closes the way, and skips the tenant until it opens', async () => {
    const { clock, deliver, delivery, relay, rooms } = setUp();
    relay.answers = { 'r0@example.com': slow };
    const result = await deliver(jobOf({}));
    const outcome = result.kind === 'tried' ? result.reports[0]?.outcomes.get(0) : undefined;
    expect(outcome).toMatchObject({ kind: 'throttled', retryAfterMs: 1_000 });
    expect(delivery.skipTenants()).toEqual([jobOf({}).message.tenantId]);
    expect(await deliver(jobOf({}))).toEqual({ kind: 'held', until: clock.now() + 1_000 });
    expect(relay.parcels).toHaveLength(1);

    await clock.advance(1_000);
    expect([delivery.skipTenants(), rooms()]).toEqual([[], 1]);
    relay.answers = {};
    expect(await shortly(deliver(jobOf({})))).toBe('relay: 0 delivered');
  });

  it('turns a message away that was a connection too many: it waits for its turn, at no cost', async () => {
    const { deliver, relay, delivery } = setUp({ routing: { primary: 'relay' } });
    const crowd = { others: 1, isNew: true };
    relay.answers = { 'r0@example.com': { kind: 'unavailable', reply, retryAfterMs: 300_000, refused: crowd } };
    const result = await deliver(jobOf({}));
    const outcome = result.kind === 'tried' ? result.reports[0]?.outcomes.get(0) : undefined;
    expect(outcome).toEqual({ kind: 'unavailable', reply, busy: true });
    expect(delivery.skipTenants()).toEqual([]);
  });

  it('does not close the way when the message was taken for others', async () => {
    const { deliver, delivery, relay } = setUp();
    relay.answers = { 'r1@example.com': slow };
    await deliver(jobOf({ recipients: 2 }));
    expect(delivery.skipTenants()).toEqual([]);
  });

  it('does not skip a tenant for what one message asked for', async () => {
    const { deliver, delivery, relay } = setUp({ tenant: { primary: 'spare' } });
    relay.answers = { 'r0@example.com': slow };
    await deliver(jobOf({ message: { provider: 'relay' } }));
    expect(delivery.skipTenants()).toEqual([]);
  });
});

describe('a provider that says 421', () => {
  const busy: Outcome = { kind: 'unavailable', busy: true, reply: { text: '421 not now', code: 421 } };

  it('is left alone for a while, and the fallback steps in at once and meanwhile', async () => {
    const { clock, deliver, delivery, relay, spare } = setUp();
    relay.answers = { 'r0@example.com': busy };
    const first = await deliver(jobOf({}));
    expect(first).toMatchObject({
      failovers: [{ from: 'relay', to: 'spare', outcome: 'unavailable', reply: '421 not now' }],
    });
    const second = await deliver(jobOf({}));
    expect(second).toMatchObject({ failovers: [{ from: 'relay', to: 'spare', reply: 'relay said not now' }] });
    expect([relay.parcels.length, spare.parcels.length]).toEqual([1, 2]);
    expect(delivery.skipTenants()).toEqual([]);
    relay.answers = {};
    await clock.advance(1_000);
    expect(await shortly(deliver(jobOf({})))).toBe('relay: 0 delivered');
  });

  it('is waited for, and not passed over, when it is changed later on', async () => {
    const { clock, deliver, delivery, relay, spare } = setUp();
    relay.answers = { 'r0@example.com': busy };
    await deliver(jobOf({}));
    relay.answers = {};
    await clock.advance(1_000);
    for (let n = 0; n < 2; n += 1) await deliver(jobOf({}));
    relay.stuck = new Promise(() => undefined);
    const all = Array.from({ length: 3 }, () => shortly(deliver(jobOf({}))));
    await clock.advance(0);
    delivery.ways.put(fakeProvider('relay'));
    expect(await all[2]).toBe('held');
    expect(spare.parcels).toHaveLength(1);
  });

  it('holds what has no other way, names the wait, and its tenant is skipped', async () => {
    const { clock, deliver, delivery, relay } = setUp({ tenant: { primary: 'relay' } });
    relay.answers = { 'r0@example.com': busy };
    const first = await deliver(jobOf({}));
    expect(first.kind === 'tried' && first.reports[0]?.outcomes.get(0)).toMatchObject({
      busy: true,
      retryAfterMs: 1_000,
    });
    expect(delivery.skipTenants()).toHaveLength(1);
    expect(await deliver(jobOf({}))).toEqual({ kind: 'held', until: clock.now() + 1_000 });
  });
});

describe('a fault', () => {
  const fault = new Error('the message could not be read');

  it('at the first provider is thrown, and judges nobody', async () => {
    const { deliver, delivery, relay } = setUp();
    relay.send = () => Promise.reject(fault);
    await expect(deliver(jobOf({}))).rejects.toBe(fault);
    expect(delivery.ways.get('relay')?.state()).toMatchObject({ inFlight: 0, breaker: { attempts: 0 } });
  });

  it('at the next one leaves what the first said: nobody gets it twice', async () => {
    const { deliver, relay, spare } = setUp();
    relay.answers = { 'r1@example.com': unavailable };
    spare.send = () => Promise.reject(fault);
    const job = jobOf({ recipients: 2 });
    expect(await deliver(job)).toMatchObject({ kind: 'tried', fault, reports: [{ provider: 'relay' }] });
    expect(await shortly(deliver(job))).toBe('relay: 0 delivered, 1 unavailable');
  });
});

describe('the route', () => {
  it('is walked to its end', async () => {
    const { deliver, relay, spare } = setUp({ tenant: { route: ['relay', 'sess', 'spare'] } });
    relay.answers = { 'r0@example.com': unavailable };
    expect(await shortly(deliver(jobOf({})))).toBe('relay: 0 unavailable; sess: 0 unavailable; spare: 0 delivered');
    expect(spare.parcels).toHaveLength(1);
  });

  it('goes past a provider that does not exist, visibly', async () => {
    const { deliver } = setUp({ tenant: { route: ['sess', 'spare'] } });
    expect(await deliver(jobOf({}))).toMatchObject({
      reports: [{ provider: 'spare' }],
      failovers: [{ from: 'sess', to: 'spare', reply: 'no provider is called "sess"; there are: relay, spare' }],
    });
  });

  it('goes on after `unknown` only where the tenant says so', async () => {
    const { deliver, relay } = setUp({ tenant: { route: ['relay', 'spare'], unknownOutcome: 'failover' } });
    relay.answers = { 'r0@example.com': { kind: 'unknown', reply } };
    expect(await shortly(deliver(jobOf({ recipients: 2 })))).toBe('relay: 0 unknown, 1 delivered; spare: 0 delivered');
  });

  it('of a message that a provider may have taken is that provider alone, also in later attempts', async () => {
    const { deliver, relay, spare } = setUp();
    relay.answers = { 'r0@example.com': unavailable };
    const job = { ...jobOf({ attempts: 1 }), unanswered: 'relay' };
    expect(await shortly(deliver(job))).toBe('relay: 0 unavailable');
    expect(spare.parcels).toEqual([]);
  });

  it('of a message that a provider may have taken is the whole one where the tenant prefers a second copy', async () => {
    const { deliver, relay } = setUp({ tenant: { route: ['relay', 'spare'], unknownOutcome: 'failover' } });
    relay.answers = { 'r0@example.com': unavailable };
    const job = { ...jobOf({ attempts: 1 }), unanswered: 'relay' };
    expect(await shortly(deliver(job))).toBe('relay: 0 unavailable; spare: 0 delivered');
  });

  it('knows a provider by what it was called before, wherever that stands', async () => {
    const { deliver, delivery, relay, spare } = setUp({
      tenant: { route: ['old', 'relay', 'spare'], providers: ['old', 'relay', 'spare'] },
    });
    delivery.ways.put({ ...relay, formerNames: ['older', 'old'] });
    relay.answers = { 'r0@example.com': unavailable };
    expect(await shortly(deliver(jobOf({})))).toBe('relay: 0 unavailable; spare: 0 delivered');
    const job = { ...jobOf({ attempts: 1 }), unanswered: 'older' };
    expect(await shortly(deliver(job))).toBe('relay: 0 unavailable');
    expect(await shortly(deliver(jobOf({ message: { provider: 'older' } })))).toBe('relay: 0 unavailable');
    // Who has a name now is meant by it.
    delivery.ways.put({ ...spare, name: 'old' });
    expect(await shortly(deliver(jobOf({ message: { provider: 'old' } })))).toBe('old: 0 delivered');
  });

  it('changes with the providers', async () => {
    const { deliver, delivery, relay } = setUp();
    expect(delivery.ways.remove('relay')).toBe(relay);
    expect(await shortly(deliver(jobOf({})))).toBe('spare: 0 delivered');
    delivery.ways.put(relay);
    expect(await shortly(deliver(jobOf({})))).toBe('relay: 0 delivered');
  });
});

describe('the breaker', () => {
  const down = { 'r0@example.com': unavailable };

  async function breakRelay(setting: ReturnType<typeof setUp>) {
    setting.relay.answers = down;
    for (let n = 0; n < 4; n += 1) await setting.deliver(jobOf({}));
    expect(setting.delivery.ways.get('relay')?.state().breaker.state).toBe('open');
  }

  it('sends mail straight to the fallback, visibly, and tries again with one message', async () => {
    const setting = setUp();
    const { clock, deliver, delivery, relay } = setting;
    await breakRelay(setting);
    expect(await deliver(jobOf({}))).toMatchObject({
      reports: [{ provider: 'spare' }],
      failovers: [{ from: 'relay', to: 'spare', reply: 'the circuit breaker of relay is open' }],
    });
    expect(relay.parcels).toHaveLength(4);
    expect(delivery.skipTenants()).toEqual([]);
    await clock.advance(30_000);
    let answer: () => void = () => undefined;
    relay.stuck = new Promise((resolve) => {
      answer = resolve;
    });
    relay.answers = {};
    const probe = shortly(deliver(jobOf({})));
    const beside = shortly(deliver(jobOf({})));
    expect(await beside).toBe('spare: 0 delivered');
    answer();
    expect(await probe).toBe('relay: 0 delivered');
    expect(delivery.ways.get('relay')?.state().breaker.state).toBe('closed');
  });

  it('holds what has no other way, untried, and skips the tenant until there is room', async () => {
    const setting = setUp({ tenant: { primary: 'relay' } });
    const { clock, deliver, delivery, relay, rooms } = setting;
    await breakRelay(setting);
    expect(delivery.skipTenants()).toHaveLength(1);
    expect(await deliver(jobOf({}))).toEqual({ kind: 'held', until: clock.now() + 30_000 });
    expect(relay.parcels).toHaveLength(4);
    const before = rooms();
    await clock.advance(30_000);
    expect([rooms() - before, delivery.skipTenants()]).toEqual([1, []]);
  });

  it('asks the provider how it is before it risks a message, where checks are on', async () => {
    const setting = setUp({ checks: true, tenant: { primary: 'relay' } });
    const { clock, deliver, delivery, relay } = setting;
    await breakRelay(setting);
    let checks = 0;
    relay.check = async () => {
      checks += 1;
      return { ok: checks > 1, detail: 'as told' };
    };
    await clock.advance(30_000);
    expect([checks, delivery.ways.get('relay')?.state().breaker.state]).toEqual([1, 'open']);
    await clock.advance(30_000);
    expect([checks, delivery.ways.get('relay')?.state().breaker.state]).toEqual([2, 'half_open']);
    relay.answers = {};
    expect(await shortly(deliver(jobOf({})))).toBe('relay: 0 delivered');
  });

  it('tries at once when hurried, and has its whole cooldown again where that fails', async () => {
    const setting = setUp({ tenant: { primary: 'relay' } });
    const { clock, deliver, delivery, rooms } = setting;
    const state = () => delivery.ways.get('relay')?.state().breaker.state;
    await breakRelay(setting);
    await clock.advance(20_000);
    const before = rooms();
    delivery.ways.hurry();
    expect([state(), rooms() - before, delivery.skipTenants()]).toEqual(['half_open', 1, []]);
    expect(await shortly(deliver(jobOf({})))).toBe('relay: 0 unavailable');
    await clock.advance(29_999);
    expect(state()).toBe('open');
    await clock.advance(1);
    expect(state()).toBe('half_open');
  });

  it('makes one check when hurried, however often, where checks are on', async () => {
    const setting = setUp({ checks: true, tenant: { primary: 'relay' } });
    const { clock, delivery, relay } = setting;
    await breakRelay(setting);
    const answers: ((health: { ok: boolean; detail: string }) => void)[] = [];
    relay.check = () => new Promise((resolve) => answers.push(resolve));
    delivery.ways.hurry();
    delivery.ways.hurry();
    await clock.advance(30_000);
    expect(answers).toHaveLength(1);
    answers[0]?.({ ok: false, detail: 'still down' });
    await clock.advance(29_999);
    expect(answers).toHaveLength(1);
    expect(delivery.ways.get('relay')?.state().breaker.state).toBe('open');
    delivery.ways.hurry();
    answers[1]?.({ ok: true, detail: 'fine.' });
    await clock.advance(0);
    expect(delivery.ways.get('relay')?.state().breaker.state).toBe('half_open');
  });

  it('does not hurry a provider that asked for time', async () => {
    const { clock, deliver, delivery, relay } = setUp({ tenant: { primary: 'relay' } });
    relay.answers = { 'r0@example.com': { kind: 'throttled', reply, retryAfterMs: 60_000 } };
    await deliver(jobOf({}));
    delivery.ways.hurry();
    expect(await deliver(jobOf({}))).toEqual({ kind: 'held', until: clock.now() + 60_000 });
  });

  it('counts an attempt of a message that has waited for days', async () => {
    const setting = setUp({ tenant: { primary: 'relay' }, maxAgeMs: 60_000 });
    const { clock, deliver } = setting;
    await breakRelay(setting);
    const createdAt = clock.now() - 60_001;
    expect(await shortly(deliver(jobOf({ message: { createdAt } })))).toBe('relay: 0 unavailable');
  });

  it('is not moved by answers about addresses', async () => {
    const { deliver, delivery, relay } = setUp();
    relay.answers = { 'r0@example.com': { kind: 'rejected', bounce: 'hard', reply } };
    for (let n = 0; n < 10; n += 1) await deliver(jobOf({}));
    expect(delivery.ways.get('relay')?.state().breaker).toMatchObject({ state: 'closed', attempts: 10, failures: 0 });
  });

  it('of one provider holds up nobody whose mail goes elsewhere, with a split neither', async () => {
    const setting = setUp({ tenant: { split: { relay: 1, spare: 1 } } });
    const { deliver, delivery } = setting;
    setting.relay.answers = down;
    const ofRelay = { message: { id: '0193f2f0-0000-7000-8000-000000000001' } };
    const ofSpare = { message: { id: '0193f2f0-0000-7000-8000-0000ffffffff' } };
    for (let n = 0; n < 4; n += 1) await deliver(jobOf(ofRelay));
    expect(delivery.ways.get('relay')?.state().breaker.state).toBe('open');
    expect(await shortly(deliver(jobOf(ofRelay)))).toBe('spare: 0 delivered');
    expect(await shortly(deliver(jobOf(ofSpare)))).toBe('spare: 0 delivered');
    expect(delivery.skipTenants()).toEqual([]);
  });
});

describe('a provider that is stuck', () => {
  it('has a tenant skipped that went another way a moment ago', async () => {
    const options = { tenant: { primary: 'spare' } };
    const { clock, deliver, delivery, relay } = setUp(options);
    await deliver(jobOf({}));
    options.tenant = { primary: 'relay' };
    relay.stuck = new Promise(() => undefined);
    for (let n = 0; n < 2 + MOST_WAITING; n += 1) void deliver(jobOf({}));
    await clock.advance(0);
    // Otherwise it would be claimed and sent back again and again, due at once.
    expect(delivery.skipTenants()).toEqual([jobOf({}).message.tenantId]);
    expect(await deliver(jobOf({}))).toEqual({ kind: 'held', until: clock.now() });
  });

  it('holds a bounded number, then its tenants are skipped and the rest is sent back', async () => {
    const { clock, deliver, delivery, relay } = setUp();
    let free: () => void = () => undefined;
    relay.stuck = new Promise((resolve) => {
      free = resolve;
    });
    const all = Array.from({ length: 2 + MOST_WAITING + 8 }, () => shortly(deliver(jobOf({}))));
    await clock.advance(0);
    expect(delivery.skipTenants()).toHaveLength(1);
    expect(relay.parcels).toHaveLength(2);
    free();
    const results = await Promise.all(all);
    expect(results.filter((result) => result === 'held')).toHaveLength(8);
    expect(delivery.capacity()).toBe(2 * (2 + MOST_WAITING));
  });
});

describe('an account that is refused', () => {
  const account: Outcome = { kind: 'unavailable', account: true, reply: { text: '535 5.7.8 wrong password' } };

  it('sends mail by the fallback at once, and what has none is held untried until somebody has put that right', async () => {
    const { clock, deliver, delivery, relay, rooms } = setUp({ routing: { primary: 'relay' }, checks: true });
    relay.answers = { 'r0@example.com': account };
    relay.check = async () => ({ ok: false, detail: 'still', account: true });
    await deliver(jobOf({}));
    expect(delivery.ways.get('relay')?.state()).toMatchObject({
      breaker: { state: 'open', account: true },
      health: {
        ok: false,
        detail: expect.stringMatching(/^relay refuses our account: 535 5\.7\.8 wrong password\. .*`iep queue flush`/),
      },
    });
    // Not for as long as the breaker is open: when that is put right, what waits must be at hand.
    expect(await deliver(jobOf({}))).toEqual({ kind: 'held', until: clock.now() + 10_000 });
    expect(delivery.skipTenants()).toHaveLength(1);
    await clock.advance(4 * 3_600_000);
    expect(relay.parcels).toHaveLength(1);

    const corrected = fakeProvider('relay');
    delivery.ways.put(corrected);
    expect(await shortly(deliver(jobOf({})))).toBe('relay: 0 delivered');
    expect(rooms()).toBe(0);
  });

  it('goes by the fallback', async () => {
    const { deliver, relay } = setUp();
    relay.answers = { 'r0@example.com': account };
    expect(await shortly(deliver(jobOf({})))).toBe('relay: 0 unavailable; spare: 0 delivered');
    expect(await shortly(deliver(jobOf({})))).toBe('spare: 0 delivered');
  });

  it.each(['hurry', 'check'] as const)('is well again when %s finds the login taken', async (how) => {
    const { clock, deliver, delivery, relay, rooms } = setUp({ routing: { primary: 'relay' } });
    relay.answers = { 'r0@example.com': account };
    await deliver(jobOf({}));
    relay.answers = {};
    await delivery.ways.get('relay')?.[how]();
    await clock.advance(0);
    expect(rooms()).toBe(1);
    expect(await shortly(deliver(jobOf({})))).toBe('relay: 0 delivered');
    expect(delivery.ways.get('relay')?.state().breaker.state).toBe('closed');
  });

  it('is found by a check before any mail meets it, and not asked again and again', async () => {
    const { clock, deliver, delivery, relay } = setUp({ routing: { primary: 'relay' } });
    let asked = 0;
    relay.check = async () => {
      asked += 1;
      return { ok: false, detail: 'refused', account: true };
    };
    await delivery.ways.get('relay')?.check();
    expect(await shortly(deliver(jobOf({})))).toBe('held');
    await clock.advance(3_600_000);
    expect([asked, relay.parcels]).toEqual([6, []]);
  });

  it('counts attempts in the end', async () => {
    const { clock, deliver, relay } = setUp({ routing: { primary: 'relay' }, maxAgeMs: 60_000 });
    relay.answers = { 'r0@example.com': account };
    await deliver(jobOf({}));
    const createdAt = clock.now() - 60_001;
    expect(await deliver(jobOf({ message: { createdAt } }))).toMatchObject({
      reports: [{ outcomes: new Map([[0, { kind: 'unavailable', reply: { text: 'relay refuses our account' } }]]) }],
    });
  });
});

describe('a stop', () => {
  it('sends back what waits, lets finish what a provider has, and breaks that off at its deadline', async () => {
    const { clock, deliver, relay, spare } = setUp();
    relay.stuck = new Promise(() => undefined);
    const stopping = createStopping();
    const all = Array.from({ length: 10 }, () => deliver(jobOf({}), stopping));
    const ended: Delivered[] = [];
    for (const one of all) one.then((result) => ended.push(result));
    await clock.advance(0);
    stopping.begin();
    await clock.advance(0);
    const held = { kind: 'held', until: clock.now() };
    expect(ended).toEqual(Array.from({ length: 8 }, () => held));
    expect(relay.parcels).toHaveLength(2);
    stopping.breakOff();
    expect(await Promise.all(all)).toEqual(Array.from({ length: 10 }, () => held));
    expect(spare.parcels).toEqual([]);
  });

  it('lets nobody in who comes later, by ways that are put in meanwhile neither', async () => {
    const { clock, deliver, delivery, relay } = setUp();
    relay.stuck = new Promise(() => undefined);
    const stopping = createStopping();
    for (let n = 0; n < 2; n += 1) void deliver(jobOf({}), stopping);
    await clock.advance(0);
    stopping.begin();
    expect(await shortly(deliver(jobOf({}), stopping))).toBe('held');
    const other = fakeProvider('relay');
    delivery.ways.put(other);
    expect(await shortly(deliver(jobOf({}), stopping))).toBe('held');
    expect([relay.parcels.length, other.parcels]).toEqual([2, []]);
  });

  it('lets nobody in whose turn came just then, or who was still being signed', async () => {
    const stopping = createStopping();
    const signed = Promise.withResolvers<undefined>();
    const { clock, deliver, relay } = setUp({ signatureFor: () => signed.promise });
    const all = [deliver(jobOf({}), stopping), deliver(jobOf({}), stopping), deliver(jobOf({}), stopping)];
    await clock.advance(0);
    stopping.begin();
    signed.resolve(undefined);
    for (const one of all) expect(await shortly(one)).toBe('held');
    expect(relay.parcels).toEqual([]);
  });

  it('gives the return path to a provider that mail comes back from, and to no other', async () => {
    const returnPath = (position: number) => `b+${position}@bounces.example.com`;
    const { deliver, relay, spare } = setUp({ returnPathOf: async () => returnPath });
    relay.answers = { 'r0@example.com': unavailable };
    await deliver(jobOf({}));
    expect(relay.parcels[0]?.returnPath).toBe(returnPath);
    expect(spare.parcels[0]).not.toHaveProperty('returnPath');
  });

  it('asks no further provider for a message that one could not take: the attempt is cut short', async () => {
    const { clock, deliver, relay, spare } = setUp();
    const stuck = Promise.withResolvers<void>();
    relay.stuck = stuck.promise;
    relay.answers = { 'r0@example.com': unavailable };
    const stopping = createStopping();
    const one = deliver(jobOf({}), stopping);
    await clock.advance(0);
    stopping.begin();
    stuck.resolve();
    expect(await one).toMatchObject({ kind: 'tried', isCut: true, reports: [{ provider: 'relay' }] });
    expect(spare.parcels).toEqual([]);
  });
});
