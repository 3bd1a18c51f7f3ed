/** Return paths: what they name, and that nobody but the key's owner makes one. */

import { randomBytes, randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { createIds } from './ids.ts';
import { type Returned, readReturnPath, writeReturnPath } from './return-path.ts';

const domain = 'bounces.example.com';
const key = randomBytes(32);
const newId = createIds({ now: () => 1_700_000_000_000 });
const sample = (): Returned => ({ messageId: newId(), position: randomInt(2 ** 24) });
const read = (address: string, keys = [key]) => readReturnPath(address, { keys, domain });

it('names message and recipient, in any case, in an address that every server takes', () => {
  for (const position of [0, 1, 999, 2 ** 24 - 1]) {
    const returned = { messageId: newId(), position };
    const address = writeReturnPath(returned, { key, domain });
    expect(address).toMatch(/^b\+[a-z2-7]{48}@bounces\.example\.com$/);
    expect(address.indexOf('@')).toBeLessThanOrEqual(64);
    for (const form of [address, address.toUpperCase(), address.replace(/[a-m]/g, (letter) => letter.toUpperCase())])
      expect(read(form)).toEqual(returned);
  }
});

it('by which its recipient unsubscribes is another address, and neither serves for the other', () => {
  const returned = { ...sample(), unsubscribes: true } as const;
  const address = writeReturnPath(returned, { key, domain });
  expect(address).toMatch(/^u\+[a-z2-7]{48}@/);
  expect(read(address.toUpperCase())).toEqual(returned);
  expect(read(address.replace('u+', 'b+'))).toBeUndefined();
  const back = writeReturnPath({ messageId: returned.messageId, position: returned.position }, { key, domain });
  expect(read(back.replace('b+', 'u+'))).toBeUndefined();
});

it('is of no use with any letter changed, left out or added', () => {
  const address = writeReturnPath(sample(), { key, domain });
  for (let at = 0; at < address.indexOf('@'); at += 1) {
    const [before, after] = [address.slice(0, at), address.slice(at + 1)];
    for (const other of 'abcdefghijklmnopqrstuvwxyz234567018+=-%é ') {
      if (other !== address[at]) expect(read(`${before}${other}${after}`), `${other} at ${at}`).toBeUndefined();
      expect(read(`${before}${other}${address.slice(at)}`)).toBeUndefined();
    }
    expect(read(before + after)).toBeUndefined();
  }
});

it('of one message serves for no other, nor for another recipient', () => {
  const [one, other] = [sample(), sample()].map((returned) => writeReturnPath(returned, { key, domain }));
  const letters = [...(one ?? '')].map((letter, at) => [letter, other?.[at] ?? ''] as const);
  // Every cut between the two: the name of one with the signature of the other among them.
  for (let cut = 3; cut < 50; cut += 1) {
    const mixed = letters.map(([mine, theirs], at) => (at < cut ? mine : theirs)).join('');
    if (mixed !== one && mixed !== other) expect(read(mixed), `cut at ${cut}`).toBeUndefined();
  }
});

it('holds with each of the keys, and with no other key or domain', () => {
  const returned = sample();
  const address = writeReturnPath(returned, { key, domain });
  expect(read(address, [randomBytes(32), key])).toEqual(returned);
  expect(read(address, [randomBytes(32)])).toBeUndefined();
  expect(read(address, [])).toBeUndefined();
  expect(read(address.replace(domain, 'example.com'))).toBeUndefined();
  expect(read(address.replace(domain, `x${domain}`))).toBeUndefined();
  expect(read(`${address}.org`)).toBeUndefined();
});

it.each(['', '@', 'b+', `b+@${domain}`, `postmaster@${domain}`, `@${domain}`, `b+${'a'.repeat(48)}@${domain}`, domain])(
  'is not %j',
  (address) => expect(read(address)).toBeUndefined(),
);
