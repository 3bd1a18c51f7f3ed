/** Conditions: what is read, what is refused and where, and what they say of facts. */

import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  conditionLimits,
  conditionOps,
  type EventCondition,
  factAt,
  readCondition,
  unmet,
  unmetWords,
} from './condition.ts';

const facts = {
  type: 'user.invited',
  data: {
    status: 'open',
    count: 3,
    tags: ['a', 'b'],
    items: [{ sku: 'x' }],
    nothing: null,
    at: '2026-01-02T00:00:00Z',
  },
};

function isMet(condition: unknown, about: unknown = facts): boolean {
  const read = readCondition(condition);
  if (!('condition' in read)) throw new Error(JSON.stringify(read.faults));
  return unmet(read.condition, about) === undefined;
}

test.each<[path: string, op: string, value: unknown, met: boolean]>([
  ['data.status', 'eq', 'open', true],
  ['data.status', 'eq', 'Open', false],
  ['data.count', 'eq', '3', false],
  ['data.nothing', 'eq', null, true],
  ['data.missing', 'eq', null, false],
  ['data.missing', 'ne', 'open', true],
  ['data.status', 'ne', 'open', false],
  ['data.count', 'lt', 4, true],
  ['data.count', 'lt', 3, false],
  ['data.count', 'lte', 3, true],
  ['data.count', 'gt', 3, false],
  ['data.count', 'gte', 3, true],
  ['data.count', 'gte', '3', false],
  ['data.missing', 'lt', 4, false],
  ['data.at', 'lt', '2026-01-03T00:00:00Z', true],
  ['data.status', 'in', ['closed', 'open'], true],
  ['data.status', 'in', [], false],
  ['data.missing', 'in', [null], false],
  ['data.missing', 'nin', ['open'], true],
  ['data.status', 'nin', ['open'], false],
  ['data.status', 'contains', 'pe', true],
  ['data.tags', 'contains', 'b', true],
  ['data.tags', 'contains', 'c', false],
  ['data.count', 'contains', 3, false],
  ['data.status', 'starts_with', 'op', true],
  ['data.status', 'ends_with', 'en', true],
  ['data.tags', 'starts_with', 'a', false],
  ['data.items.0.sku', 'eq', 'x', true],
  ['data.items.1.sku', 'exists', false, true],
  ['data.nothing', 'exists', true, true],
  ['data.missing', 'exists', true, false],
  ['data.tags.length', 'exists', false, true],
  ['data.constructor', 'exists', false, true],
  ['__proto__.toString', 'exists', false, true],
  ['data.status.length', 'exists', false, true],
])('%s %s %j is %s', (path, op, value, met) => {
  expect(isMet({ path, op, value })).toBe(met);
  expect(isMet({ not: { path, op, value } })).toBe(!met);
});

it('exists needs no value', () => {
  expect(isMet({ path: 'data.status', op: 'exists' })).toBe(true);
});

test('all, any and not are what they say', () => {
  const yes = { path: 'type', op: 'eq', value: 'user.invited' };
  const no = { path: 'type', op: 'eq', value: 'x' };
  expect(isMet({ all: [yes, yes] })).toBe(true);
  expect(isMet({ all: [yes, no] })).toBe(false);
  expect(isMet({ any: [no, yes] })).toBe(true);
  expect(isMet({ any: [no, no] })).toBe(false);
  expect(isMet({ all: [{ not: no }, { any: [yes] }] })).toBe(true);
});

describe('what is refused, and where', () => {
  const deep = (levels: number): unknown => (levels === 0 ? { path: 'a', op: 'exists' } : { not: deep(levels - 1) });

  it.each<[unknown, string]>([
    [null, 'when'],
    ['x', 'when'],
    [[], 'when'],
    [{}, 'when'],
    [{ all: [], any: [] }, 'when'],
    [{ some: [] }, 'when'],
    [{ all: [] }, 'when.all'],
    [{ all: {} }, 'when.all'],
    [{ all: [{ path: 'a', op: 'exists' }, 7] }, 'when.all.1'],
    [{ any: [{ not: { path: 'a', op: 'like', value: 1 } }] }, 'when.any.0.not.op'],
    [{ path: 7, op: 'exists' }, 'when.path'],
    [{ path: '', op: 'exists' }, 'when.path'],
    [{ path: 'a..b', op: 'exists' }, 'when.path'],
    [{ path: 'a'.repeat(201), op: 'exists' }, 'when.path'],
    [{ path: 'a', op: 'eq' }, 'when.value'],
    [{ path: 'a', op: 'eq', value: {} }, 'when.value'],
    [{ path: 'a', op: 'eq', value: Number.NaN }, 'when.value'],
    [{ path: 'a', op: 'eq', value: 'x'.repeat(1_001) }, 'when.value'],
    [{ path: 'a', op: 'in', value: 'x' }, 'when.value'],
    [{ path: 'a', op: 'in', value: [[]] }, 'when.value'],
    [{ path: 'a', op: 'in', value: Array(101).fill(1) }, 'when.value'],
    [{ path: 'a', op: 'in', value: ['x'.repeat(1_001)] }, 'when.value'],
    [{ path: 'a', op: 'lt', value: true }, 'when.value'],
    [{ path: 'a', op: 'starts_with', value: 1 }, 'when.value'],
    [{ path: 'a', op: 'exists', value: 'yes' }, 'when.value'],
    [{ path: 'a', op: 'exists', valeu: 1 }, 'when.valeu'],
    [deep(8), `when${'.not'.repeat(8)}`],
    [{ any: Array(100).fill({ path: 'a', op: 'exists' }) }, 'when.any.99'],
  ])('%j', (input, path) => {
    const read = readCondition(input, 'when');
    expect('faults' in read && read.faults.map((fault) => fault.path)).toEqual([path]);
  });

  it('all of it at once', () => {
    const read = readCondition({ all: [{ path: 1, op: 'no' }, { any: 1 }] });
    expect(read).toEqual({
      faults: [
        { path: 'all.0.path', message: 'must be a path such as data.status' },
        { path: 'all.0.op', message: `must be one of ${conditionOps.join(', ')}` },
        { path: 'all.1.any', message: 'must be a list of conditions' },
      ],
    });
  });

  it('the rest of a huge one is not looked at', () => {
    let looked = 0;
    const ownKeys = () => {
      looked += 1;
      return [];
    };
    const one = new Proxy({}, { ownKeys });
    expect(readCondition({ any: Array(1_000_000).fill(one) })).toHaveProperty('faults');
    expect(looked).toBeLessThanOrEqual(conditionLimits.parts);
  });
});

test.each<[unknown, string]>([
  [{ path: 'data.status', op: 'eq', value: 'closed' }, 'data.status is "open", wanted eq "closed"'],
  [{ path: 'data.x', op: 'gt', value: 1 }, 'data.x is missing, wanted gt 1'],
  [
    {
      all: [
        { path: 'type', op: 'exists' },
        { path: 'data.count', op: 'in', value: [1] },
      ],
    },
    'all.1: data.count is 3, wanted in [1]',
  ],
  [{ any: [{ path: 'x', op: 'exists' }] }, 'any: none of its 1 conditions holds'],
  [{ not: { path: 'type', op: 'exists' } }, 'not: its condition holds'],
])('why not: %j', (input, words) => {
  const read = readCondition(input);
  const why = 'condition' in read ? unmet(read.condition, facts) : undefined;
  expect(why && unmetWords(why, facts)).toBe(words);
});

describe('whatever is asked of whatever', () => {
  const scalar = fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null));
  const path = fc.array(
    fc.oneof(fc.constantFrom('data', 'a', '0', '__proto__', 'constructor'), fc.stringMatching(/^[^.]+$/)),
    {
      minLength: 1,
      maxLength: 4,
    },
  );
  const leaf = fc.record({
    path: path.map((names) => names.join('.')),
    op: fc.constantFrom('eq', 'ne', 'contains' as const),
    value: scalar,
  });
  const { condition } = fc.letrec<{ condition: EventCondition }>((tie) => ({
    condition: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.record({ not: tie('condition') }),
      fc.record({ all: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ any: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    ),
  }));

  it('what is read is what was written, and what is read of JSON says the same', () => {
    fc.assert(
      fc.property(condition, fc.jsonValue(), (written, about) => {
        const read = readCondition(JSON.parse(JSON.stringify(written)));
        if (!('condition' in read)) return;
        expect(read.condition).toEqual(JSON.parse(JSON.stringify(written)));
        expect(unmet(read.condition, about) === undefined).toBe(unmet({ not: read.condition }, about) !== undefined);
      }),
    );
  });

  it('nothing but faults comes of anything else', () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        const read = readCondition(input);
        expect('condition' in read || read.faults.length > 0).toBe(true);
      }),
    );
  });

  it('only own members are found', () => {
    fc.assert(
      fc.property(fc.jsonValue(), path, (about, names) => {
        const found = factAt(about, names.join('.'));
        expect(typeof found).not.toBe('function');
        if (found !== undefined) expect(JSON.stringify(about)).toContain(JSON.stringify(found));
      }),
    );
  });
});
