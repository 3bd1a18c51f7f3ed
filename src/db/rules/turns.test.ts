/** Shares and turns alone: nobody goes without while another has more, and no room stays empty while something waits. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSlots, type SlotUser } from './slots.ts';
import { beginningAfter, type ServedTurn, serveInTurn, shareOut, tenantsInTurn } from './turns.ts';

describe('beginningAfter', () => {
  it.each([
    [0, [2, 5, 9]],
    [2, [5, 9, 2]],
    [4, [5, 9, 2]],
    [9, [2, 5, 9]],
  ])('after %i', (last, order) => {
    expect(beginningAfter([2, 5, 9], (one) => one > last)).toEqual(order);
  });
});

describe('shareOut', () => {
  /** Shares among tenants that have so many entries due: how many each gets, and who was asked last. */
  const share = (due: readonly number[], room: number) => {
    const reads: number[] = [];
    const { entries, last } = shareOut([...due.keys()], room, (tenant, upTo) => {
      reads.push(tenant);
      return Array.from({ length: Math.min(upTo, due[tenant] ?? 0) }, (_, number) => ({ tenant, number }));
    });
    const got = due.map((_, tenant) => entries.filter((entry) => entry.tenant === tenant).map(({ number }) => number));
    return { got: got.map((numbers) => numbers.length), got1st: got, last, reads: reads.length };
  };

  it.each([
    ['the same for all', [9, 9, 9], 6, [2, 2, 2]],
    ['what one leaves over goes to the others', [9, 1, 2], 9, [6, 1, 2]],
    ['the first in turn where there is less room than tenants', [9, 9, 9], 2, [1, 1, 0]],
    ['nothing without room', [9, 9], 0, [0, 0]],
    ['all where there is room for all', [3, 0, 1], 100, [3, 0, 1]],
  ])('%s', (_, due, room, expected) => {
    expect(share(due, room).got).toEqual(expected);
  });

  it('says who was asked last, and reads each tenant once where that is enough', () => {
    expect(share([9, 9, 9], 2)).toMatchObject({ last: 1, reads: 2 });
    expect(share([1, 1, 1], 100)).toMatchObject({ last: 2, reads: 3 });
    expect(share([], 5).last).toBeUndefined();
  });

  it('leaves no room while something is due, and gives nobody less than its share', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 8 }), fc.nat(40), (due, room) => {
        const { got, got1st } = share(due, room);
        const total = due.reduce((sum, one) => sum + one, 0);
        expect(got.reduce((sum, one) => sum + one, 0)).toBe(Math.min(room, total));
        // The oldest of each, none twice.
        for (const numbers of got1st) expect(numbers).toEqual([...numbers.keys()]);
        const least = Math.floor(room / Math.max(1, due.length));
        for (const [tenant, number] of got.entries())
          expect(number).toBeGreaterThanOrEqual(Math.min(least, due[tenant] ?? 0));
      }),
    );
  });
});

describe('serveInTurn', () => {
  const limits = { maxPerEndpoint: 9, maxPerTenant: 9, maxDoubtful: 9 };
  interface User extends SlotUser {
    readonly name: string;
    waiting: ('job' | 'unreadable')[];
  }
  const user = (name: string, tenantNo: number, waiting: number, more: Partial<User> = {}): User => ({
    ...{ name, tenantNo, isQuick: true, isFailing: false, taken: 0 },
    waiting: Array.from({ length: waiting }, () => 'job' as const),
    ...more,
  });
  const serve = (users: readonly User[], { limit = 9, lastTenant = 0 } = {}) => {
    const asked: string[] = [];
    const claim = (one: User): ServedTurn<string> => {
      asked.push(one.name);
      const next = one.waiting.shift();
      return next === 'job' ? { job: one.name } : (next ?? 'nothing');
    };
    const served = serveInTurn(tenantsInTurn(users, lastTenant), { limit, slots: createSlots(users, limits), claim });
    return { ...served, asked };
  };

  it('gives one to each tenant a round, beginning after the one that was served last', () => {
    const users = () => [user('a', 1, 3), user('b', 2, 1), user('c', 3, 3)];
    expect(serve(users())).toMatchObject({ jobs: ['a', 'b', 'c', 'a', 'c', 'a', 'c'], lastTenant: 3 });
    expect(serve(users(), { limit: 2, lastTenant: 2 })).toMatchObject({ jobs: ['c', 'a'], lastTenant: 1 });
  });

  it('gives it to the endpoint of the tenant with the fewest slots taken', () => {
    const users = [user('busy', 1, 2, { taken: 2 }), user('idle', 1, 3)];
    expect(serve(users).jobs).toEqual(['idle', 'idle', 'idle', 'busy', 'busy']);
  });

  it('asks an endpoint that has nothing no more, and goes on past one whose entry was unreadable', () => {
    expect(serve([user('empty', 1, 0), user('full', 1, 2)]).asked.filter((name) => name === 'empty')).toHaveLength(1);
    const spoilt = user('spoilt', 1, 0, { waiting: ['unreadable', 'job'] });
    expect(serve([spoilt, user('full', 1, 1)]).jobs).toEqual(['full', 'spoilt']);
  });

  it('passes over who has no slot free', () => {
    const served = serve([user('failing', 1, 2, { isFailing: true }), user('b', 1, 1)]);
    expect(served.jobs.toSorted()).toEqual(['b', 'failing']);
    expect(serve([user('a', 1, 2, { taken: 9 })])).toEqual({ jobs: [], lastTenant: undefined, asked: [] });
  });
});
