/** Tokens that strangers show again: read as they were made, and refused in any other form. */

import { expect, it } from 'vitest';
import { systemClock } from './clock.ts';
import { createIds } from './ids.ts';
import { tokenReader, tokenSigner } from './signed-token.ts';

const [key, other] = [1, 2].map((byte) => new Uint8Array(32).fill(byte)) as [Uint8Array, Uint8Array];
const id = createIds(systemClock)();
const sign = tokenSigner(key);
const read = tokenReader([key]);

it.each([
  [[]],
  [['']],
  [[id, '7', 'billing']],
  [['jo@example.org', '', 'Rëchnung ✓']],
  [[id.toUpperCase()]],
  [['x'.repeat(126), 'x'.repeat(127), `https://example.org/?q=${'y'.repeat(4_000)}`]],
])('reads what it signed: %#', (fields) => {
  const token = sign('unsubscribe', fields);
  expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(read('unsubscribe', token)).toEqual(fields);
});

it('is compact: an id takes 23 letters', () => {
  expect(sign('open', [id, '0'])).toHaveLength(Math.ceil(((17 + 2 + 16) * 4) / 3));
});

it('is for its purpose alone, also where purpose and field together read alike', () => {
  expect(read('preferences', sign('unsubscribe', [id]))).toBeUndefined();
  expect(read('a', sign('ab', ['c']))).toBeUndefined();
});

it('is read with any of the keys, and with no other', () => {
  const token = sign('open', [id]);
  expect(tokenReader([other, key])('open', token)).toEqual([id]);
  expect(tokenReader([other])('open', token)).toBeUndefined();
  expect(tokenReader([])('open', token)).toBeUndefined();
});

it('refuses every change of a letter, and every other length', () => {
  const token = sign('open', [id, 'billing']);
  for (let at = 0; at < token.length; at++) {
    const letter = token[at] === 'A' ? 'B' : 'A';
    expect(read('open', token.slice(0, at) + letter + token.slice(at + 1))).toBeUndefined();
  }
  for (const changed of [
    '',
    'A',
    token.slice(1),
    token.slice(0, -1),
    `${token}A`,
    `${token}=`,
    `${token}.`,
    ` ${token}`,
  ]) {
    expect(read('open', changed)).toBeUndefined();
  }
});

it('reads nothing that is longer than any link', () => {
  expect(read('open', 'A'.repeat(1_000_000))).toBeUndefined();
});

it('has one spelling: bits that mean nothing must be zero', () => {
  const token = sign('open', ['ab']);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const bytes = Buffer.from(token, 'base64url');
  const twins = [...alphabet]
    .map((letter) => token.slice(0, -1) + letter)
    .filter((twin) => twin !== token && Buffer.from(twin, 'base64url').equals(bytes));
  expect(twins.length).toBeGreaterThan(0);
  for (const twin of twins) expect(read('open', twin)).toBeUndefined();
});
