/** What passkeys sign: good for one purpose and for five minutes, under every master key there is. */

import { expect, it } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import { createVault } from '../core/vault.ts';
import { createChallenges } from './challenges.ts';

const [older, newer] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const clock = createManualClock();
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

it('is known again, for what it was made for, until it ends', async () => {
  const challenges = createChallenges({ vault: createVault([older]), clock });
  const text = textOf(challenges.create('sign in'));
  expect(challenges.check(text, 'sign in')).toEqual({ hash: expect.any(String), expiresAt: clock.now() + 300_000 });
  expect(challenges.check(text, 'make ada')).toBeUndefined();
  expect(textOf(challenges.create('sign in'))).not.toBe(text);
  await clock.advance(300_000);
  expect(challenges.check(text, 'sign in')).toBeUndefined();
});

it('outlives a rotation of the master key', () => {
  const text = textOf(createChallenges({ vault: createVault([older]), clock }).create('sign in'));
  expect(createChallenges({ vault: createVault([newer, older]), clock }).check(text, 'sign in')).toBeDefined();
  expect(createChallenges({ vault: createVault([newer]), clock }).check(text, 'sign in')).toBeUndefined();
});

it('is not made by others', () => {
  const challenges = createChallenges({ vault: createVault([older]), clock });
  const bytes = challenges.create('sign in');
  for (const at of bytes.keys()) {
    const changed = bytes.with(at, (bytes[at] ?? 0) ^ 1);
    expect(challenges.check(textOf(changed), 'sign in')).toBeUndefined();
  }
  for (const text of ['', 'AAAA', textOf(bytes).slice(1)]) expect(challenges.check(text, 'sign in')).toBeUndefined();
});
