import { expect, it } from 'vitest';
import { checkLiveProviders, type LiveProvider, readLiveProviders } from './live-providers.ts';

const told = { ready: true, setting: '`webhookSecret`', takenAt: null, refused: null, queue: null };
const well: LiveProvider = {
  ...{ name: 'mail', source: 'store', callbacks: told },
  state: {
    paused: false,
    breaker: { state: 'closed', retryAt: null },
    throttledUntil: null,
    health: { ok: true, detail: 'fine' },
  },
};
const look = (change: Partial<LiveProvider>) => [...checkLiveProviders([{ ...well, ...change }])];
const stateWith = (more: object) => ({ ...well.state, ...more }) as LiveProvider['state'];

it('says that nothing is wrong', () => {
  expect(look({})).toEqual([{ check: 'breakers', level: 'ok', detail: 'none open' }]);
});

it('repeats for what reason a breaker is open, and until when', () => {
  const breaker = { state: 'open', retryAt: '2026-11-30T12:00:00.123Z' };
  const health = { ok: false, detail: 'mail refuses our account: 401 Bad key.' };
  const [finding] = look({ state: stateWith({ breaker, health }) });
  expect(finding).toMatchObject({ check: 'breaker of mail', level: 'warning' });
  expect(finding?.detail).toBe(
    'open until 2026-11-30T12:00:00Z: its mail waits or goes another way. Its last word: mail refuses our account: 401 Bad key',
  );
});

it('names a provider that is paused', () => {
  expect(look({ state: stateWith({ paused: true }) })).toEqual([
    {
      ...{ check: 'provider mail', level: 'warning', detail: 'paused: its mail waits or goes another way' },
      advice: 'iep provider resume mail',
    },
  ]);
});

it('names a provider that asked for a slower pace', () => {
  expect(look({ state: stateWith({ throttledUntil: '2026-11-30T12:00:00Z' }) })[0]).toMatchObject({
    ...{ check: 'pace of mail', level: 'warning' },
    detail: 'it asked for a slower pace and is left alone until 2026-11-30T12:00:00Z',
  });
});

it('says that callbacks are not set up, and what to set', () => {
  expect(look({ callbacks: { ...told, ready: false } })).toContainEqual({
    ...{ check: 'callbacks of mail', level: 'warning', detail: 'not set up: nobody tells of bounces and complaints' },
    advice:
      'Set `webhookSecret` with iep provider set mail; docs/providers.md says where the vendor shows it, and where the URL of callbacks goes.',
  });
  const queue = { where: 'sqs.example', problem: null };
  expect(look({ callbacks: { ...told, ready: false, queue } })).toHaveLength(1);
});

it('says why the last callback was refused, until one is taken', () => {
  const refused = { at: '2026-11-30T12:00:00Z', reason: 'wrong_proof', detail: 'its signature is another' };
  expect(look({ callbacks: { ...told, refused } })).toContainEqual({
    ...{ check: 'callbacks of mail', level: 'warning' },
    detail: 'the last one was refused at 2026-11-30T12:00:00Z: its signature is another',
    advice: 'Compare `webhookSecret` with what the vendor shows.',
  });
  expect(look({ callbacks: { ...told, refused, takenAt: '2026-11-30T12:01:00Z' } })).toHaveLength(1);
});

it.each([
  ['no_proof', /signatures/],
  ['too_old', /clock/],
  ['other_topic', /events\.topicArns/],
])('advises on a callback that was refused for %s', (reason, advice) => {
  const refused = { at: '2026-11-30T12:00:00Z', reason, detail: 'why' };
  expect(look({ callbacks: { ...told, refused } }).at(-1)?.advice).toMatch(advice);
});

it('is silent about a callback that was posted twice', () => {
  const refused = { at: '2026-11-30T12:00:00Z', reason: 'used_token', detail: 'its token was used before' };
  expect(look({ callbacks: { ...told, refused, takenAt: refused.at } })).toHaveLength(1);
  expect(look({ callbacks: { ...told, refused } })).toHaveLength(1);
});

it('says why a queue of events cannot be read', () => {
  const queue = { where: 'sqs.example', problem: 'DNS does not know the name' };
  expect(look({ callbacks: { ...told, queue } })).toContainEqual({
    ...{ check: 'queue of mail', level: 'warning' },
    detail: 'events cannot be read from sqs.example: DNS does not know the name',
    advice: 'Correct events.sqsQueueUrl, or what the credentials permit.',
  });
});

it.each(['', 'iep_provider_breaker_state 1', '{}', '{"items":7}', 'null'])('does not take %j for an answer', (text) => {
  expect(readLiveProviders(text)).toBeUndefined();
});
