/** How recipients are divided into requests, against a vendor that refuses some and names none. */

import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../core/outcome.ts';
import { parcelFor } from './provider.suite.ts';
import { inRequests } from './requests.ts';

const delivered: Outcome = { kind: 'delivered', reply: { text: '200' } };
const rejected: Outcome = { kind: 'rejected', bounce: 'other', reply: { text: '400' } };
const people = (count: number) => Array.from({ length: count }, (_, n) => `r${n}@example.com`);

/** Takes a request that has none of the `bad` in it, who are known by their place in the list. */
function vendorWith(bad: (index: number) => boolean) {
  const requests: (readonly number[])[] = [];
  return {
    requests,
    async request({ recipients }: ReturnType<typeof parcelFor>) {
      const positions = recipients.map(({ position }) => position);
      requests.push(positions);
      const all = (outcome: Outcome) => ({ outcomes: new Map(positions.map((position) => [position, outcome])) });
      if (!positions.some((position) => bad((position - 1) / 2))) return all(delivered);
      return positions.length === 1 ? all(rejected) : { outcomes: new Map<number, Outcome>() };
    },
  };
}

const kindsOf = (outcomes: ReadonlyMap<number, Outcome>) => [...outcomes.values()].map(({ kind }) => kind);

describe('recipients of whom one is refused and none is named', () => {
  it.each([
    [1_000, 1_000, 1_000, 1_250],
    [1_000, 50, 1_000, 1_250],
    [1_000, 1_000, 1, 21],
    [1_000, 1_000, 5, 101],
    [1_000, 50, 20, 270],
  ])('%i at %i a request, of whom %i are bad, take at most %i requests', async (count, most, bad, atMost) => {
    const every = Math.floor(count / bad);
    const vendor = vendorWith((index) => index % every === 0);
    const { outcomes } = await inRequests(parcelFor(people(count)), { most }, vendor.request);
    const kinds = Object.groupBy(kindsOf(outcomes), (kind) => kind);
    expect([kinds.rejected?.length, kinds.delivered?.length ?? 0]).toEqual([bad, count - bad]);
    expect(vendor.requests.length).toBeLessThanOrEqual(atMost);
  });
});

describe('between two requests', () => {
  it('is told what the one before was answered, also for who has the same address, and not after the last', async () => {
    const told: (readonly number[])[] = [];
    const vendor = vendorWith(() => false);
    const between = async ({ outcomes }: { outcomes: ReadonlyMap<number, Outcome> }) => {
      told.push([...outcomes.keys()].sort());
      expect(vendor.requests).toHaveLength(told.length);
      return true;
    };
    await inRequests(
      parcelFor(['a@x.example', 'b@x.example', 'c@x.example', 'a@x.example']),
      { most: 1, between },
      vendor.request,
    );
    expect(told).toEqual([[1, 7], [3]]);
  });

  it('nobody else is sent to where the message is another’s', async () => {
    const vendor = vendorWith(() => false);
    const between = async () => false;
    const { outcomes } = await inRequests(parcelFor(people(3)), { most: 1, between }, vendor.request);
    expect(kindsOf(outcomes)).toEqual(['delivered', 'throttled', 'throttled']);
    expect(vendor.requests).toHaveLength(1);
  });
});
