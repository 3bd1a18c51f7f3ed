/** Links in mail live as long as their mail: a new master key changes nothing for them. */

import { expect, it } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import { createVault, type MasterKeys } from '../core/vault.ts';
import { createLinkTokens } from './link-tokens.ts';

const [first, second, third] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

function setUp() {
  const clock = createManualClock();
  const kept = new Map<string, string>();
  let keys: MasterKeys = [first];
  const make = () =>
    createLinkTokens({
      clock,
      vault: createVault({ keys: () => keys }),
      kept: { read: async (name) => kept.get(name), write: async (name, text) => void kept.set(name, text) },
    });
  return { clock, make, kept, rotate: (next: MasterKeys) => (keys = next) };
}

it('reads a link after two rotations and ten years, in another process too', async () => {
  const { clock, make, rotate } = setUp();
  const tokens = make();
  const old = (await tokens.signer())('unsubscribe', ['jo@example.org']);
  rotate([second]);
  const young = (await tokens.signer())('unsubscribe', ['jo@example.org']);
  await clock.advance(10 * 365 * 86_400_000);
  rotate([third]);
  expect((await tokens.signer())('unsubscribe', ['jo@example.org'])).not.toBe(young);
  for (const one of [tokens, make()]) {
    const read = await one.reader();
    expect([old, young].map((token) => read('unsubscribe', token))).toEqual([['jo@example.org'], ['jo@example.org']]);
  }
});

it('signs nothing with a key that cannot be kept', async () => {
  const { clock } = setUp();
  const broken = createLinkTokens({
    clock,
    vault: createVault([first]),
    kept: { read: async () => undefined, write: () => Promise.reject(new Error('the disk is full')) },
  });
  await expect(broken.signer()).rejects.toThrow('the disk is full');
});
