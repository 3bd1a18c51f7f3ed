import { describe, expect, it } from 'vitest';
import type { Routing } from '../../core/routing.ts';
import type { TenantSettings } from '../../core/tenant-settings.ts';
import { routeOf } from './route.ts';

const ID = '0193f2f0-0000-7000-8000-000000000001';
const names = (tenant: TenantSettings, routing: Routing = {}, id = ID) =>
  routeOf({ message: { id }, tenant, routing })?.names.join(' ');

describe('the route', () => {
  it('is the platform’s, unless the tenant has its own', () => {
    const routing = { primary: 'a', fallback: 'b' };
    expect(names({}, routing)).toBe('a b');
    expect(names({ primary: 'c' }, routing)).toBe('c');
    expect(names({ primary: 'c', fallback: 'd' }, routing)).toBe('c d');
    expect(names({ fallback: 'd' }, routing)).toBe('a d');
    expect(names({ route: ['x', 'y', 'z'] }, routing)).toBe('x y z');
    expect(names({ primary: 'c', route: ['x', 'y'] }, routing)).toBe('x y');
    expect(names({}, { route: ['a', 'b', 'c'] })).toBe('a b c');
    expect(names({ fallback: 'd' }, { route: ['a', 'b', 'c'] })).toBe('a d');
  });

  it('names nobody twice, and may be none', () => {
    expect(names({ primary: 'a', fallback: 'a' })).toBe('a');
    expect(names({}, {})).toBeUndefined();
    expect(names({ fallback: 'b' }, {})).toBe('b');
  });

  it('has no provider but those on the tenant’s list', () => {
    const routing = { primary: 'a', fallback: 'b' };
    expect(names({ providers: ['b', 'c'] }, routing)).toBe('b');
    expect(names({ providers: ['c', 'd'] }, routing)).toBe('c d');
    expect(names({ providers: ['b', 'a'], split: { a: 1, c: 9 }, route: ['c', 'b'] }, routing)).toBe('a b');
  });

  it('is the provider that the message names, and no other', () => {
    const message = { id: ID, provider: 'x' };
    expect(routeOf({ message, tenant: { route: ['a', 'b'] }, routing: {} })).toEqual({ names: ['x'], by: 'message' });
  });
});

describe('a split', () => {
  const tenant = { split: { a: 70, b: 20, c: 10 }, route: ['c', 'last'] };
  const idOf = (n: number) => `0193f2f0-0000-7000-8000-0000${n.toString(16).padStart(8, '0')}`;

  it('shares messages out by weight', () => {
    const first: Record<string, number> = {};
    for (let n = 0; n < 1_000; n += 1) {
      const [name = ''] = names(tenant, {}, idOf(Math.ceil((n * 2 ** 32) / 1_000)))?.split(' ') ?? [];
      first[name] = (first[name] ?? 0) + 1;
    }
    expect(first).toEqual({ a: 700, b: 200, c: 100 });
  });

  it('keeps a message to its order: the others by weight, then the route', () => {
    const order = names(tenant, {}, idOf(0xffff_ffff));
    expect(order).toBe('c a b last');
    expect(names({ ...tenant, split: { c: 10, b: 20, a: 70 } }, {}, idOf(0xffff_ffff))).toBe(order);
    expect(names(tenant, {}, idOf(0))).toBe('a b c last');
  });

  it('of the platform holds for tenants without a way of their own', () => {
    expect(names({}, { split: { a: 1 }, primary: 'b' })).toBe('a b');
    expect(names({ primary: 'c' }, { split: { a: 1 }, primary: 'b' })).toBe('c');
  });
});
