import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NotificationTypeSpec } from '../core/notification.ts';
import type { WindowKind } from '../core/notification-delivery.ts';
import type { Preferences } from '../core/preferences.ts';
import type { OpenWindow, Verdict } from '../db/verbs/notifications.ts';
import { type Deciding, decide, windowsOf } from './decide.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const MINUTE = 60_000;
const spec: NotificationTypeSpec = {
  ...{ category: 'ops', critical: false, channels: ['email'], templates: {}, unsubscribable: true },
};
const asked = (more: Partial<Deciding> = {}, type: Partial<NotificationTypeSpec> = {}): Deciding => ({
  ...{ now: NOW, type: { ...spec, ...type, name: 'job.failed' }, recipient: 'subscriber:jo', channel: 'email' },
  ...{ hasAddress: true, isSuppressed: false, isUnsubscribed: false, zone: 'UTC', windowOf: () => undefined },
  ...more,
});
const open = (kind: WindowKind, count: number): Pick<Deciding, 'windowOf'> => ({
  windowOf: (asked, key) => (asked === kind ? { kind, key, no: 7, endsAt: NOW + 5, count } : undefined),
});
const verdict = (...input: Parameters<typeof asked>) => decide(asked(...input)).verdict;
const quiet: Preferences = { quietHours: { enabled: true, start: '11:00', end: '13:00' } };
const off: Preferences = { categories: { ops: { enabled: false } } };
const rateLimit = { count: 2, windowMinutes: 60 };
const group = { by: 'data.jobId', windowMinutes: 10 };

describe('decide', () => {
  it.each<[string, Verdict, Partial<Deciding>, Partial<NotificationTypeSpec>?]>([
    ['nothing against it', { kind: 'now' }, {}],
    ['its type is gone', { kind: 'cancelled', reason: 'its type was removed' }, { type: undefined }],
    ['no address', { kind: 'skipped', reason: 'no_address' }, { hasAddress: false, isSuppressed: true }],
    [
      'suppressed',
      { kind: 'skipped', reason: 'suppressed' },
      { isSuppressed: true, isUnsubscribed: true, preferences: off },
    ],
    ['unsubscribed', { kind: 'skipped', reason: 'unsubscribed' }, { isUnsubscribed: true, preferences: off }],
    ['a preference', { kind: 'skipped', reason: 'preference' }, { preferences: { ...off, ...quiet } }],
    ['quiet hours', { kind: 'held', reason: 'quiet_hours', until: NOW + 60 * MINUTE }, { preferences: quiet }],
    [
      'what cannot be turned off',
      { kind: 'now' },
      { isUnsubscribed: true, preferences: off },
      { unsubscribable: false },
    ],
    [
      'critical, turned off',
      { kind: 'now' },
      { preferences: { ...off, ...quiet } },
      { critical: true, rateLimit, group },
    ],
    ['critical, suppressed', { kind: 'skipped', reason: 'suppressed' }, { isSuppressed: true }, { critical: true }],
    [
      'critical, unsubscribed',
      { kind: 'skipped', reason: 'unsubscribed' },
      { isUnsubscribed: true },
      { critical: true },
    ],
    ['critical, over the limit', { kind: 'now' }, open('rate', 9), { critical: true, rateLimit }],
    ['the first of a group', { kind: 'now' }, { group: 'a' }, { group }],
    ['without what groups it', { kind: 'now' }, open('group', 1), { group }],
    ['below its limit', { kind: 'now' }, open('rate', 1), { rateLimit }],
    ['held before', { kind: 'now' }, { ...open('rate', 2), wasHeld: true }, { rateLimit, digest: { every: 'daily' } }],
  ])('%s', (_, expected, input, type) => {
    expect(verdict(input, type)).toEqual(expected);
  });

  it('holds in the first window that it meets, and counts in those before', () => {
    const all = { group, rateLimit, digest: { every: 'daily' as const } };
    const held = (kind: WindowKind, count: number) => decide(asked({ ...open(kind, count), group: 'a' }, all));
    expect(held('group', 1)).toMatchObject({
      verdict: { reason: 'grouped', until: NOW + 5, window: { no: 7 } },
      takes: [],
    });
    expect(held('rate', 2)).toMatchObject({
      verdict: { reason: 'rate_limited' },
      takes: [{ kind: 'group', limit: 1 }],
    });
    expect(held('digest', 0)).toMatchObject({
      ...{ verdict: { reason: 'digest', window: { no: 7 } } },
      takes: [{ kind: 'group' }, { kind: 'rate', endsAt: NOW + 60 * MINUTE, limit: 2 }],
    });
    const first = decide(asked({ group: 'a' }, all));
    expect(first.verdict).toMatchObject({ reason: 'digest', until: NOW + 21 * 60 * MINUTE });
    expect(first.verdict).not.toHaveProperty('window.no');
  });

  it('lets the subscriber say how often, and ends no window in quiet hours', () => {
    const often = (frequency: 'immediate' | 'hourly') => ({ categories: { ops: { frequency } } });
    expect(verdict({ preferences: often('immediate') }, { digest: { every: 'daily' } })).toEqual({ kind: 'now' });
    expect(verdict({ preferences: often('hourly') })).toMatchObject({ reason: 'digest', until: NOW + 60 * MINUTE });
    const night = { quietHours: { enabled: true, start: '12:30', end: '18:00' } };
    expect(verdict({ preferences: { ...often('hourly'), ...night } })).toMatchObject({ until: NOW + 6 * 60 * MINUTE });
  });
});

/** The store and its clock, as small as they may be: what decide says is done, and what is held goes when it is due. */
function world() {
  const windows = new Map<string, OpenWindow & { items: number[] }>();
  const fate = new Map<number, string[]>();
  const later: { at: number; input: Deciding; id: number }[] = [];
  let numbers = 0;
  const keyOf = (kind: string, key: string) => `${kind} ${key}`;
  const at = (now: number) => (kind: WindowKind, key: string) => {
    const found = windows.get(keyOf(kind, key));
    return found !== undefined && found.endsAt > now ? found : undefined;
  };
  const note = (id: number, what: string) => fate.set(id, [...(fate.get(id) ?? []), what]);
  const openWindow = (kind: WindowKind, key: string, endsAt: number, now: number) => {
    const found = at(now)(kind, key) as (OpenWindow & { items: number[] }) | undefined;
    if (found !== undefined) return found;
    close(Number.POSITIVE_INFINITY, keyOf(kind, key));
    const made = { kind, key, endsAt, no: ++numbers, count: 0, items: [] as number[] };
    windows.set(keyOf(kind, key), made);
    return made;
  };
  function close(now: number, only?: string): void {
    for (const [name, { endsAt, items, no }] of windows) {
      if (endsAt > now || (only !== undefined && name !== only)) continue;
      windows.delete(name);
      for (const id of items) note(id, `digest ${no}`);
    }
  }
  function tell(id: number, input: Omit<Deciding, 'windowOf'>): void {
    const { verdict, takes } = decide({ ...input, windowOf: at(input.now) });
    for (const { kind, key, endsAt, limit } of takes) {
      const window = openWindow(kind, key, endsAt, input.now) as { count: number };
      window.count += 1;
      expect(window.count).toBeLessThanOrEqual(limit);
    }
    if (verdict.kind !== 'held')
      return void note(id, verdict.kind === 'now' ? 'now' : `${verdict.kind} ${verdict.reason}`);
    expect(verdict.until).toBeGreaterThan(input.now);
    if (!('window' in verdict)) return void later.push({ at: verdict.until, input: { ...input, windowOf: at(0) }, id });
    openWindow(verdict.window.kind, verdict.window.key, verdict.until, input.now).items.push(id);
  }
  function passTo(now: number): void {
    close(now);
    const due = later.filter((one) => one.at <= now);
    for (const one of due) {
      later.splice(later.indexOf(one), 1);
      tell(one.id, { ...one.input, now: one.at, wasHeld: true });
    }
    if (due.length > 0) passTo(now);
  }
  return { tell, passTo, fate };
}

const minutes = (max: number) => fc.integer({ min: 1, max });
const clockTime = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
const preference = fc.record(
  { enabled: fc.boolean(), frequency: fc.constantFrom('immediate', 'hourly', 'daily', 'weekly') },
  { requiredKeys: [] },
);
const preferencesOf = fc.record({
  global: fc.record({ enabled: fc.boolean() }, { requiredKeys: [] }),
  categories: fc.record({ ops: preference }, { requiredKeys: [] }),
  types: fc.record({ 'job.failed': preference }, { requiredKeys: [] }),
  quietHours: fc.record({ enabled: fc.boolean(), start: clockTime, end: clockTime }),
}) as fc.Arbitrary<Preferences>;
const typeOf = fc.record({
  ...{ critical: fc.boolean(), unsubscribable: fc.boolean() },
  digest: fc.option(
    fc.record({ every: fc.oneof(fc.constantFrom('hourly', 'daily', 'weekly'), fc.record({ minutes: minutes(500) })) }),
    { nil: undefined },
  ),
  group: fc.option(fc.record({ by: fc.constant('data.jobId'), windowMinutes: minutes(60) }), { nil: undefined }),
  rateLimit: fc.option(fc.record({ count: fc.integer({ min: 1, max: 4 }), windowMinutes: minutes(120) }), {
    nil: undefined,
  }),
}) as fc.Arbitrary<Partial<NotificationTypeSpec>>;
const step = fc.record({
  ...{ afterMinutes: fc.integer({ min: 0, max: 700 }), group: fc.constantFrom('a', 'b', undefined) },
  ...{ isSuppressed: fc.boolean(), isUnsubscribed: fc.boolean(), hasAddress: fc.boolean() },
});
const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago');
const starts = fc.integer({ min: Date.parse('2026-03-01'), max: Date.parse('2026-11-30') });

it('never holds what is critical nor sends what is unsubscribed, and all that is held goes, once', () => {
  fc.assert(
    fc.property(
      starts,
      zones,
      typeOf,
      preferencesOf,
      fc.array(step, { maxLength: 25 }),
      (start, zone, type, preferences, steps) => {
        const { tell, passTo, fate } = world();
        let now = start;
        for (const [id, { afterMinutes, ...facts }] of steps.entries()) {
          now += afterMinutes * MINUTE;
          passTo(now);
          const input = asked({ now, zone, preferences, ...facts }, type);
          const kinds = windowsOf(input).map(({ kind, key }) => `${kind} ${key}`);
          tell(id, input);
          expect(new Set(kinds).size).toBe(kinds.length);
          if (type.critical === true) expect(fate.has(id)).toBe(true);
        }
        passTo(now + 90 * 24 * 60 * MINUTE);
        for (const [id, { isSuppressed, isUnsubscribed, hasAddress }] of steps.entries()) {
          const ends = fate.get(id) ?? [];
          expect(ends).toHaveLength(1);
          const isSent = ends[0] === 'now' || ends[0]?.startsWith('digest') === true;
          if (isSent)
            expect([isSuppressed, hasAddress, isUnsubscribed && type.unsubscribable]).toEqual([false, true, false]);
        }
      },
    ),
    { numRuns: 400 },
  );
});
