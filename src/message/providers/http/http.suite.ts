/**
 * What each provider that speaks HTTP keeps, against a server that does what it is told. Two things hold whatever happens: where
 * the outcome is sure nobody gets two copies, and no address pays for the account.
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVendor, type Misdeed, type Vendor, type VendorCall, type VendorReply } from '../../../../test/vendor.ts';
import type { Outcome } from '../../../core/outcome.ts';
import { createStopping } from '../../../core/stop.ts';
import { parcelFor } from '../provider.suite.ts';
import type { Parcel, Provider } from '../provider.ts';

export interface VendorFacts {
  make(settings: { endpoint: string; timeoutSeconds: number; maxConnections: number }): Provider;
  /** How the vendor says yes. */
  taken(call: VendorCall): VendorReply;
  /** What `check` asks, and a good answer. */
  readonly looked: { readonly path: string; readonly reply: VendorReply };
  /** How it refuses the key. */
  readonly refusedKey: VendorReply;
  /** A yes with an error of the message in it. */
  readonly yesWithError: VendorReply;
  /** How it refuses one recipient of a request, who stands there at this index. */
  refusedRecipient(index: number): VendorReply;
  /** What becomes of mail whose yes broke off in its body. */
  readonly halfYes: Outcome['kind'];
  /** Addresses that a request went to. */
  recipientsOf(call: VendorCall): readonly string[];
  readonly maxRecipients: number;
  /** Of a message, where that is less than the buffers of a connection hold: whether it had left cannot be told then. */
  readonly maxBytes?: number;
}

const never = createStopping();
/** More than the buffers of a connection hold that nobody reads from, and as much as each vendor takes. */
const LARGE = 'x'.repeat(4_900_000);

export function httpSuite(name: string, facts: VendorFacts): void {
  describe(`over HTTP: ${name}`, () => {
    let vendor: Vendor;
    let provider: Provider;
    const secret = /planted-key/;

    beforeEach(async () => {
      vendor = await createVendor({ taken: facts.taken });
      provider = facts.make({ endpoint: vendor.endpoint, timeoutSeconds: 10, maxConnections: 3 });
    });
    afterEach(async () => {
      await provider.close();
      await vendor.close();
    });

    const impatient = () => {
      void provider.close();
      provider = facts.make({ endpoint: vendor.endpoint, timeoutSeconds: 0.2, maxConnections: 3 });
    };
    const send = async (changes: Partial<Parcel> = {}) => {
      const result = await provider.send(parcelFor(['x@example.com'], changes), never);
      const outcome = result.outcomes.get(1);
      if (!outcome) throw new Error('there is no outcome');
      expect(outcome.reply.text).toMatch(/^[^\p{Cc}]{1,500}$/u);
      expect(JSON.stringify([outcome, result.transcript])).not.toMatch(secret);
      return { ...result, outcome };
    };
    const large: Partial<Parcel> = {
      rendered: { subject: 'hello', text: LARGE, html: LARGE },
      mime: async () => Buffer.alloc(facts.maxBytes ?? 4 * LARGE.length, 'x'),
    };
    const unsent = facts.maxBytes === undefined ? ['unavailable'] : ['unavailable', 'unknown'];
    const answering = (reply: VendorReply | Misdeed) => vendor.script(() => reply);

    it('has one copy of what was taken, and its id', async () => {
      const { outcome, ids, transcript } = await send();
      expect({ kind: outcome.kind, copies: vendor.taken.length, transcript }).toEqual({
        ...{ kind: 'delivered', copies: 1, transcript: undefined },
      });
      expect(ids?.get(1)).toBeTruthy();
    });

    it.each([
      [
        '429 with Retry-After',
        { status: 429, headers: { 'retry-after': '7' } },
        { kind: 'throttled', retryAfterMs: 7_000 },
      ],
      [
        '429 with a Retry-After that is over',
        { status: 429, headers: { 'retry-after': 'Mon, 01 Jan 2024 00:00:00 GMT' } },
        { kind: 'throttled', retryAfterMs: 0 },
      ],
      ['429 without', { status: 429 }, { kind: 'throttled' }],
      ['401', { status: 401 }, { kind: 'unavailable', account: true }],
      ['403', { status: 403 }, { kind: 'unavailable', account: true }],
      ['404', { status: 404 }, { kind: 'unavailable' }],
      ['500', { status: 500 }, { kind: 'unavailable' }],
      ['503', { status: 503, body: '<html>down</html>' }, { kind: 'unavailable' }],
      ['413', { status: 413 }, { kind: 'rejected', bounce: 'content' }],
      ['400 of somebody on the way', { status: 400, body: '<html>Bad Request</html>' }, { kind: 'deferred' }],
      ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:1/elsewhere' } }, { kind: 'unavailable' }],
    ])('%s', async (_what, reply, outcome) => {
      answering(reply);
      const given = await send();
      const { reply: _reply, ...rest } = given.outcome;
      expect(rest).toEqual(outcome);
      expect(given.transcript).toContain(`S: ${reply.status}`);
      expect(vendor.calls).toHaveLength(1);
      // The next attempt makes the first copy.
      vendor.script();
      expect((await send()).outcome.kind).toBe('delivered');
      expect(vendor.taken).toHaveLength(1);
    });

    it('the account is refused, in the vendor’s own words', async () => {
      answering(facts.refusedKey);
      expect((await send()).outcome).toMatchObject({ kind: 'unavailable', account: true });
      expect(await provider.check()).toMatchObject({ ok: false, account: true });
    });

    it('a yes with an error in it does not count as one', async () => {
      answering(facts.yesWithError);
      expect((await send()).outcome).toMatchObject({ kind: 'rejected', bounce: 'content' });
    });

    it('closes before it has read anything: what had not left whole is safe to try elsewhere', async () => {
      vendor.meet('closed');
      expect(unsent).toContain((await send(large)).outcome.kind);
      // So little has left at once, and nobody can tell.
      expect(['unavailable', 'unknown']).toContain((await send()).outcome.kind);
      expect(vendor.taken).toEqual([]);
    });

    it('closes while it reads', async () => {
      answering('close while reading');
      expect(unsent).toContain((await send(large)).outcome.kind);
      expect(vendor.taken).toEqual([]);
    });

    it.each(['take and close', 'take and reset'] as const)('%s: it may have been sent', async (misdeed) => {
      answering(misdeed);
      expect((await send()).outcome.kind).toBe('unknown');
      expect(vendor.taken).toHaveLength(1);
    });

    it('answers half', async () => {
      answering('take and answer half');
      expect((await send()).outcome.kind).toBe(facts.halfYes);
      expect(vendor.taken).toHaveLength(1);
    });

    it.each([
      ['a page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Log in to the hotel wifi' }],
      ['nothing', { status: 204 }],
      ['null', { status: 200, body: 'null' }],
    ])('is answered yes with %s, which has no id of the message: it may be somebody else', async (_, reply) => {
      answering(reply);
      expect((await send()).outcome.kind).toBe(facts.halfYes);
    });

    it('ends a look at how it is when it is closed', async () => {
      answering('take and hang');
      const checking = provider.check();
      await vendor.received(1);
      await provider.close();
      expect((await checking).ok).toBe(false);
    });

    it.each(['take and hang', 'take and drip'] as const)('%s: within its own limits of time', async (misdeed) => {
      impatient();
      answering(misdeed);
      expect((await send()).outcome.kind).toBe('unknown');
      expect(vendor.taken).toHaveLength(1);
    });

    it('is never read: within its own limits of time, and nothing has been sent', async () => {
      impatient();
      vendor.meet('unread');
      expect(unsent).toContain((await send(large)).outcome.kind);
    });

    it('answers 10 MB: a part of it is read, and it is an answer', async () => {
      answering('answer 10 MB');
      expect((await send()).outcome.kind).toBe('deferred');
    });

    it('cannot be reached', async () => {
      await vendor.close();
      expect((await send()).outcome.kind).toBe('unavailable');
      const { ok, detail, account } = await provider.check();
      expect({ ok, account }).toEqual({ ok: false, account: undefined });
      expect(detail).toMatch(/\.$/);
    });

    it('is broken off: known to be unsent before the request has left, unknown after', async () => {
      answering('take and hang');
      const stopping = createStopping();
      const sending = provider.send(parcelFor(['x@example.com']), stopping);
      await vendor.received(1);
      stopping.breakOff();
      expect((await sending).outcomes.get(1)?.kind).toBe('unknown');
      const { outcomes } = await provider.send(parcelFor(['x@example.com']), stopping);
      expect(outcomes.get(1)).toMatchObject({ kind: 'unavailable', busy: true });
      expect(vendor.calls).toHaveLength(1);
    });

    it('keeps connections, and no more of them than it may', async () => {
      await Promise.all(Array.from({ length: 12 }, () => send()));
      await Promise.all(Array.from({ length: 12 }, () => send()));
      expect(vendor.taken).toHaveLength(24);
      expect(vendor.connections.opened).toBe(3);
    });

    it('finishes what is under way when it is closed', async () => {
      const sending = send();
      await provider.close();
      expect((await sending).outcome.kind).toBe('delivered');
    });

    it('one recipient is refused and the others go, each with one copy', async () => {
      vendor.script(() => (call) => {
        const index = facts.recipientsOf(call).indexOf('gone@example.com');
        return index < 0 ? undefined : facts.refusedRecipient(index);
      });
      const parcel = parcelFor(['x@example.com', 'gone@example.com', 'z@example.com']);
      const { outcomes } = await provider.send(parcel, never);
      expect([...outcomes].sort(([a], [b]) => a - b).map(([position, { kind }]) => [position, kind])).toEqual([
        [1, 'delivered'],
        [3, 'rejected'],
        [5, 'delivered'],
      ]);
      expect(outcomes.get(3)).toMatchObject({ bounce: 'hard' });
      expect(vendor.taken.flatMap(facts.recipientsOf).sort()).toEqual(['x@example.com', 'z@example.com']);
    });

    it('more recipients than go in one request go in several, and each gets one copy', async () => {
      const addresses = Array.from({ length: facts.maxRecipients + 2 }, (_, n) => `r${n}@example.com`);
      const { outcomes, ids } = await provider.send(parcelFor(addresses), never);
      expect([...outcomes.values()].every(({ kind }) => kind === 'delivered')).toBe(true);
      expect([outcomes.size, ids?.size]).toEqual([addresses.length, addresses.length]);
      expect(vendor.taken).toHaveLength(2);
      expect(vendor.taken.flatMap(facts.recipientsOf).sort()).toEqual([...addresses].sort());
    });

    it('goes no further with those who are left where the vendor takes no more', async () => {
      const addresses = Array.from({ length: facts.maxRecipients + 2 }, (_, n) => `r${n}@example.com`);
      let calls = 0;
      vendor.script(() => {
        calls += 1;
        return calls === 1 ? { status: 429, headers: { 'retry-after': '9' } } : undefined;
      });
      const { outcomes } = await provider.send(parcelFor(addresses), never);
      const kinds = new Set([...outcomes.values()].map(({ kind }) => kind));
      expect({ kinds: [...kinds], size: outcomes.size, calls }).toEqual({
        ...{ kinds: ['throttled'], size: addresses.length, calls: 1 },
      });
    });

    it('two addresses that only case tells apart, and one that is there twice, are as many copies as addresses', async () => {
      const addresses = ['Sales@example.com', 'sales@example.com', 'sales@example.com'];
      const { outcomes } = await provider.send(parcelFor(addresses), never);
      expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(['delivered', 'delivered', 'delivered']);
      expect(vendor.taken.flatMap(facts.recipientsOf).sort()).toEqual(['Sales@example.com', 'sales@example.com']);
    });

    it('logs in without sending', async () => {
      vendor.script(({ path }) => (path === facts.looked.path ? facts.looked.reply : { status: 418 }));
      expect(await provider.check()).toEqual({ ok: true, detail: expect.stringMatching(/ took the key in \d+ ms\.$/) });
      expect(vendor.taken).toEqual([]);
    });

    it('never says its key, though the vendor says it back', async () => {
      vendor.script(() => ({
        status: 400,
        body: 'planted-key and Bearer planted-key',
        headers: { location: 'planted-key' },
      }));
      const { outcome } = await send();
      expect(outcome.reply.text).toContain('***');
      expect(JSON.stringify(await provider.check())).not.toMatch(secret);
    });
  });
}
