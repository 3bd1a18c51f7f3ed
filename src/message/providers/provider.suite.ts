/** The contract of a provider, for every vendor to pass. A test that does not apply is skipped with a reason. */

import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStopping } from '../../core/stop.ts';
import type { Parcel, Provider } from './provider.ts';

export interface Harness {
  readonly provider: Provider;
  /** What the other side has, in the order it came; absent where nothing can be looked at. */
  readonly received?: () => readonly { readonly to: readonly string[]; readonly bytes: Uint8Array }[];
  dispose(): Promise<void>;
}

export type SuiteTest = keyof typeof tests;

export function providerSuite(
  name: string,
  options: { make(): Promise<Harness>; skip?: Partial<Record<SuiteTest, string>> },
): void {
  describe(`provider contract: ${name}`, () => {
    let harness: Harness;
    beforeEach(async () => {
      harness = await options.make();
    });
    afterEach(() => harness.dispose());

    for (const [title, run] of Object.entries(tests)) {
      const reason = options.skip?.[title as SuiteTest];
      if (reason === undefined) it(title, () => run(harness));
      else it.skip(`${title} (skipped: ${reason})`, () => undefined);
    }
  });
}

const message = Buffer.from('From: a@example.com\r\nSubject: hello\r\n\r\n.a dot\r\nlast line\r\n');
const never = createStopping();

/** A parcel with what a test does not care about filled in. */
export function parcelFor(addresses: readonly string[], changes: Partial<Parcel> = {}): Parcel {
  return {
    messageId: '0193f2f0-0000-7000-8000-000000000001',
    tenantId: '0193f2f0-0000-7000-8000-0000000000aa',
    messageIdHeader: '<1@example.com>',
    from: { email: 'a@example.com' },
    envelopeFrom: 'a@example.com',
    to: addresses.map((email) => ({ email })),
    cc: [],
    // Positions have gaps, as they do when some recipients have their outcome already.
    recipients: addresses.map((address, index) => ({ position: index * 2 + 1, address })),
    rendered: { subject: 'hello', text: '.a dot\r\nlast line\r\n' },
    headers: [],
    attachments: [],
    tags: [],
    smtpUtf8: false,
    mime: async () => message,
    bytesOf: async ({ content }) => ('bytes' in content ? content.bytes : new Uint8Array()),
    ...changes,
  };
}

const tests = {
  async 'answers for every recipient, by position'({ provider }: Harness) {
    const parcel = parcelFor(['x@example.com', 'y@example.com', 'z@example.com']);
    const { outcomes, ids } = await provider.send(parcel, never);
    expect([...outcomes.keys()].sort()).toEqual([1, 3, 5]);
    if (ids) expect([...ids.keys()].sort()).toEqual([1, 3, 5]);
    for (const outcome of outcomes.values()) expect(outcome.kind).toBe('delivered');
  },

  async 'gives a reply that is one bounded line'({ provider }: Harness) {
    const { outcomes } = await provider.send(parcelFor(['x@example.com']), never);
    const text = outcomes.get(1)?.reply.text ?? '';
    expect(text).toMatch(/^[^\p{Cc}]{1,500}$/u);
  },

  async 'answers for both of two recipients with one address'({ provider }: Harness) {
    const { outcomes } = await provider.send(parcelFor(['x@example.com', 'x@example.com']), never);
    expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(['delivered', 'delivered']);
  },

  async 'takes the null sender'({ provider }: Harness) {
    const { outcomes } = await provider.send(parcelFor(['x@example.com'], { envelopeFrom: '' }), never);
    expect(outcomes.get(1)?.kind).toBe('delivered');
  },

  async 'hands over the exact bytes, from memory'({ provider, received }: Harness) {
    const { kept } = await provider.send(parcelFor(['x@example.com']), never);
    expect(Buffer.from(kept ?? received?.()[0]?.bytes ?? []).equals(message)).toBe(true);
  },

  async 'hands over the exact bytes, from a stream'({ provider, received }: Harness) {
    const large = Buffer.concat([message, Buffer.from('..x\r\n'.repeat(100_000))]);
    const chunks: Buffer[] = [];
    for (let at = 0; at < large.length; at += 10_007) chunks.push(large.subarray(at, at + 10_007));
    const parcel = parcelFor(['x@example.com'], { size: large.length, mime: async () => Readable.from(chunks) });
    const { outcomes, kept } = await provider.send(parcel, never);
    expect(outcomes.get(1)?.kind).toBe('delivered');
    expect(Buffer.from(kept ?? received?.()[0]?.bytes ?? []).equals(large)).toBe(true);
  },

  async 'takes as many at once as it says'({ provider }: Harness) {
    const parcels = Array.from({ length: provider.concurrency }, (_, n) => parcelFor([`x${n}@example.com`]));
    const results = await Promise.all(parcels.map((parcel) => provider.send(parcel, never)));
    expect(results.filter(({ outcomes }) => outcomes.get(1)?.kind === 'delivered')).toHaveLength(parcels.length);
  },

  async 'rejects when the message cannot be composed, and works on'({ provider }: Harness) {
    const broken = parcelFor(['x@example.com'], { mime: () => Promise.reject(new Error('no such blob')) });
    await expect(provider.send(broken, never)).rejects.toThrow('no such blob');
    const { outcomes } = await provider.send(parcelFor(['x@example.com']), never);
    expect(outcomes.get(1)?.kind).toBe('delivered');
  },

  async 'rejects when the message breaks off while it is read, and works on'({ provider }: Harness) {
    const breaking = parcelFor(['x@example.com'], {
      mime: async () =>
        Readable.from(
          (async function* () {
            yield message;
            throw new Error('the disk is gone');
          })(),
        ),
    });
    await expect(provider.send(breaking, never)).rejects.toThrow();
    const { outcomes } = await provider.send(parcelFor(['x@example.com']), never);
    expect(outcomes.get(1)?.kind).toBe('delivered');
  },

  async 'begins nothing once a stop has begun'({ provider, received }: Harness) {
    const stopping = createStopping();
    stopping.begin();
    const { outcomes } = await provider.send(parcelFor(['x@example.com']), stopping);
    expect(outcomes.get(1)).toMatchObject({ kind: 'unavailable', busy: true });
    expect(received?.() ?? []).toEqual([]);
  },

  async 'says that it is well'({ provider }: Harness) {
    const health = await provider.check();
    expect(health.ok).toBe(true);
    expect(health.detail).toMatch(/\.$/);
  },

  async 'closes, also twice'({ provider }: Harness) {
    await provider.send(parcelFor(['x@example.com']), never);
    await provider.close();
    await provider.close();
  },
};
