/** One way out whose options change while it is used. */

import { expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Provider } from '../providers/provider.ts';
import { type Conduct, conductOf, createWayOut } from './way-out.ts';

const failed: Conduct = { pace: { kind: 'other' }, health: 'failure' };

it('judges by the options of the moment', async () => {
  const clock = createManualClock();
  let checked = 0;
  const provider: Provider = {
    ...{ name: 'relay', type: 'smtp', concurrency: 10 },
    capabilities: { takes: 'either', wantsDkim: false, idempotent: false },
    send: () => Promise.reject(new Error('not asked for')),
    check: async () => ({ ok: ++checked > 0, detail: '' }),
    close: async () => undefined,
  };
  const lenient = { failureRate: 1, windowMs: 60_000, cooldownMs: 1_000, minimumAttempts: 100 };
  const options = { breaker: lenient, checks: false };
  const way = createWayOut({ clock, onRoom: () => undefined }, provider, options);
  const fail = async () => {
    const entrance = await way.enter();
    if (entrance.kind !== 'in') throw new Error(`the provider is ${entrance.kind}`);
    way.leave(entrance, failed);
  };

  await fail();
  expect(way.state().breaker).toMatchObject({ state: 'closed', attempts: 1 });
  options.breaker = { ...lenient, minimumAttempts: 2, cooldownMs: 5_000 };
  options.checks = true;
  await fail();
  expect(way.state().breaker).toMatchObject({ state: 'open', retryAt: clock.now() + 5_000 });
  await clock.advance(5_000);
  expect(way.state().breaker.state).toBe('half_open');
  expect(checked).toBe(1);
});

it('leaves alone a sender that the provider does not know, and nobody else', async () => {
  const clock = createManualClock();
  const provider: Provider = {
    ...{ name: 'vendor', type: 'ses', concurrency: 10 },
    capabilities: { takes: 'mime', wantsDkim: false, idempotent: false },
    send: () => Promise.reject(new Error('not asked for')),
    check: async () => ({ ok: true, detail: '' }),
    close: async () => undefined,
  };
  const breaker = { failureRate: 0.1, windowMs: 60_000, cooldownMs: 1_000, minimumAttempts: 1 };
  const way = createWayOut({ clock, onRoom: () => undefined }, provider, { breaker, checks: false });
  const reply = { text: '400 Email address is not verified.' };
  const refused = conductOf(new Map([[0, { kind: 'unavailable', account: true, sender: true, reply }]]));
  const taken = conductOf(new Map([[0, { kind: 'delivered', reply: { text: 'ok' } }]]));
  const enter = async (sender: string) => {
    const entrance = await way.enter(sender);
    if (entrance.kind !== 'in') throw new Error(`${sender} is ${entrance.kind}`);
    return entrance;
  };
  const both = [await enter('app@bad.example'), await enter('app@bad.example')];
  for (const one of both) way.leave(one, refused);
  expect(way.state().breaker.state).toBe('closed');
  expect(await way.enter('App@bad.example')).toMatchObject({
    ...{ kind: 'away', waitMs: 60_000 },
    why: 'vendor takes no mail of App@bad.example: 400 Email address is not verified.',
  });
  way.leave(await enter('app@good.example'), taken);

  // One goes first, and the wait doubles where it is refused again.
  await clock.advance(60_000);
  const first = await enter('app@bad.example');
  expect((await way.enter('app@bad.example')).kind).toBe('away');
  way.leave(first, refused);
  expect(await way.enter('app@bad.example')).toMatchObject({ kind: 'away', waitMs: 120_000 });
  way.hurry();
  way.leave(await enter('app@bad.example'), taken);
  expect((await way.enter('app@bad.example')).kind).toBe('in');
});

it('goes on where a check breaks off, and says nothing of what broke it', async () => {
  const clock = createManualClock();
  const provider: Provider = {
    ...{ name: 'relay', type: 'smtp', concurrency: 10 },
    capabilities: { takes: 'either', wantsDkim: false, idempotent: false },
    send: () => Promise.reject(new Error('not asked for')),
    check: () => Promise.reject(new TypeError('"the secret" is an invalid header value')),
    close: async () => undefined,
  };
  const breaker = { failureRate: 1, windowMs: 60_000, cooldownMs: 1_000, minimumAttempts: 1 };
  const way = createWayOut({ clock, onRoom: () => undefined }, provider, { breaker, checks: true });
  const health = await way.check();
  expect(health).toMatchObject({ ok: false, detail: expect.stringContaining('TypeError') });
  expect(JSON.stringify(health)).not.toContain('secret');
});

it('gives a paused provider nothing, and others what it would have had', async () => {
  const clock = createManualClock();
  const provider: Provider = {
    ...{ name: 'relay', type: 'smtp', concurrency: 10, paused: true },
    capabilities: { takes: 'either', wantsDkim: false, idempotent: false },
    send: () => Promise.reject(new Error('not asked for')),
    check: async () => ({ ok: true, detail: '' }),
    close: async () => undefined,
  };
  const policy = { failureRate: 1, windowMs: 60_000, cooldownMs: 1_000, minimumAttempts: 100 };
  const way = createWayOut({ clock, onRoom: () => undefined }, provider, { breaker: policy, checks: false });
  expect(await way.enter()).toEqual({ kind: 'away', waitMs: 10_000, why: 'relay is paused' });
  expect([way.standing(), way.state().paused]).toEqual(['away', true]);
  expect(await way.check()).toMatchObject({ ok: true });
});

it('does not hold a connection too many against a provider that delivers over others', async () => {
  const clock = createManualClock();
  const provider: Provider = {
    ...{ name: 'relay', type: 'smtp', concurrency: 20 },
    capabilities: { takes: 'either', wantsDkim: false, idempotent: false },
    send: () => Promise.reject(new Error('not asked for')),
    check: async () => ({ ok: true, detail: '' }),
    close: async () => undefined,
  };
  const policy = { failureRate: 0.5, windowMs: 60_000, cooldownMs: 1_000, minimumAttempts: 2 };
  const way = createWayOut({ clock, onRoom: () => undefined }, provider, { breaker: policy, checks: false });
  const enter = async () => {
    const entrance = await way.enter();
    if (entrance.kind !== 'in') throw new Error(`the provider is ${entrance.kind}`);
    return entrance;
  };
  const crowd = { others: 4, isNew: true };
  const busy: Outcome = {
    kind: 'unavailable',
    busy: true,
    reply: { text: '421 too many connections' },
    refused: crowd,
  };
  const shut: Outcome = { kind: 'unavailable', reply: { text: 'connection refused' }, refused: crowd };
  const inside = await Promise.all(Array.from({ length: 20 }, enter));
  for (const [n, one] of inside.splice(4).entries()) {
    expect(way.leave(one, conductOf(new Map([[0, n % 2 === 0 ? busy : shut]])))).toBe(true);
  }
  expect(way.state()).toMatchObject({ breaker: { state: 'closed', attempts: 0 }, limit: 4, inFlight: 4 });
  expect(way.state()).not.toHaveProperty('throttledUntil');

  const alone: Outcome = {
    kind: 'unavailable',
    reply: { text: 'connection refused' },
    refused: { others: 0, isNew: true },
  };
  for (const one of inside) way.leave(one, conductOf(new Map([[0, alone]])));
  expect(way.state().breaker.state).toBe('open');
});
