import { describe, expect, it } from 'vitest';
import { jobOf } from '../../test/jobs.ts';
import { createManualClock } from '../../test/manual-clock.ts';
import type { Job } from '../core/message.ts';
import type { Outcome } from '../core/outcome.ts';
import type { TenantSettings } from '../core/tenant-settings.ts';
import type { Parcel, Provider, SendResult } from '../providers/provider.ts';
import { createDelivery } from './deliver.ts';
import { MOST_WAITING } from './gate.ts';
import type { Routing } from './route.ts';

const never = new AbortController().signal;
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
    parcels: [],
    answers: {},
    async send(parcel, signal): Promise<SendResult> {
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

function setUp(options: { routing?: Routing; tenant?: TenantSettings; composeMime?: () => Promise<Uint8Array> } = {}) {
  const clock = createManualClock();
  const relay = fakeProvider('relay');
  const spare = fakeProvider('spare');
  let rooms = 0;
  const delivery = createDelivery(
    {
      providers: [relay, spare],
      tenantSettings: async () => options.tenant ?? {},
      composeMime: options.composeMime ?? (async () => new Uint8Array()),
      clock,
      onRoom: () => (rooms += 1),
    },
    { routing: options.routing ?? { primary: 'relay', fallback: 'spare' } },
  );
  const deliver = (job: Job, signal = never) => delivery.deliver(job, { subject: 'x' }, signal);
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

  it('keeps to the provider that the message asks for', async () => {
    const { deliver, relay, spare } = setUp();
    spare.answers = { 'r0@example.com': unavailable };
    expect(await shortly(deliver(jobOf({ message: { provider: 'spare' } })))).toBe('spare: 0 unavailable');
    expect(relay.parcels).toEqual([]);
  });

  it('refuses for good, with the reason, where there is no such provider', async () => {
    const { deliver } = setUp();
    const result = await deliver(jobOf({ message: { provider: 'sess' } }));
    const outcome = result.kind === 'tried' ? result.reports[0]?.outcomes.get(0) : undefined;
    expect(outcome).toMatchObject({ kind: 'rejected', bounce: 'other' });
    expect(outcome?.reply.text).toBe('there is no provider "sess"; there are: relay, spare');
  });

  it('refuses for good where nobody chose a provider', async () => {
    const { deliver } = setUp({ routing: {} });
    expect(await shortly(deliver(jobOf({})))).toBe('none: 0 rejected');
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

describe('a provider that is stuck', () => {
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
    expect(delivery.capacity).toBe(2 * (2 + MOST_WAITING));
  });

  it('lets go of everything at shutdown, without an attempt', async () => {
    const { clock, deliver, relay, spare } = setUp();
    relay.stuck = new Promise(() => undefined);
    const controller = new AbortController();
    const all = Array.from({ length: 10 }, () => deliver(jobOf({}), controller.signal));
    await clock.advance(0);
    controller.abort();
    for (const result of await Promise.all(all)) expect(result).toEqual({ kind: 'held', until: clock.now() });
    expect(spare.parcels).toEqual([]);
  });
});
