/** Slots of endpoints alone: each limit holds, and none of them holds back who has nothing to do with it. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSlots, type SlotUser } from './slots.ts';

const limits = { maxPerEndpoint: 3, maxPerTenant: 4, maxDoubtful: 2 };
const user = (more: Partial<SlotUser> = {}): SlotUser => ({
  ...{ tenantNo: 1, isQuick: true, isFailing: false, taken: 0 },
  ...more,
});

it.each<[string, SlotUser, readonly SlotUser[], boolean]>([
  ['one that does well', user({ taken: 2 }), [], true],
  ['one that has all it may', user({ taken: 3 }), [], false],
  ['one that fails, and waits for nothing', user({ isFailing: true }), [], true],
  ['one that fails, and waits for an answer', user({ isFailing: true, taken: 1 }), [], false],
  ['one whose tenant has all it may', user({ taken: 1 }), [user({ taken: 3 })], false],
  ['one of another tenant', user({ taken: 1 }), [user({ tenantNo: 2, taken: 4 })], true],
  [
    'a new one beside slow ones that have all',
    user({ isQuick: false }),
    [user({ isQuick: false, tenantNo: 2, taken: 2 })],
    false,
  ],
  ['a quick one beside them', user(), [user({ isQuick: false, tenantNo: 2, taken: 2 })], true],
])('%s', (_, one, others, isFree) => {
  expect(createSlots([one, ...others], limits).isFree(one)).toBe(isFree);
});

it('never gives more than any of the limits, whoever asks in whatever order', () => {
  const users = fc.array(
    fc.record({ tenantNo: fc.nat(2), isQuick: fc.boolean(), isFailing: fc.boolean(), taken: fc.constant(0) }),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(users, fc.array(fc.nat(), { maxLength: 60 }), (made, asks) => {
      const all: readonly SlotUser[] = made.map((one) => ({ ...one }));
      const slots = createSlots(all, limits);
      for (const ask of asks) {
        const one = all[ask % all.length];
        if (one !== undefined && slots.isFree(one)) slots.take(one);
      }
      const taken = (some: readonly SlotUser[]) => some.reduce((sum, one) => sum + one.taken, 0);
      for (const one of all) expect(one.taken).toBeLessThanOrEqual(one.isFailing ? 1 : limits.maxPerEndpoint);
      for (const own of Map.groupBy(all, ({ tenantNo }) => tenantNo).values()) {
        expect(taken(own)).toBeLessThanOrEqual(limits.maxPerTenant);
      }
      expect(taken(all.filter(({ isQuick }) => !isQuick))).toBeLessThanOrEqual(limits.maxDoubtful);
    }),
  );
});
