import { expect, test } from 'vitest';
import { fateBits, fateOf } from './tally.ts';

test.each([
  [{ kind: 'delivered', data: {} }, 'delivered'],
  [{ kind: 'complained', data: {} }, 'complained'],
  [{ kind: 'bounced', data: { class: 'hard' } }, 'bounced'],
  [{ kind: 'bounced', data: { class: 'soft' } }, undefined],
  [{ kind: 'bounced', data: { class: 'policy' } }, undefined],
  [{ kind: 'bounced', data: { class: 'vendor-suppressed' } }, undefined],
  [{ kind: 'opened', data: { actor: 'human' } }, 'opened'],
  [{ kind: 'opened', data: { actor: 'unknown' } }, 'opened'],
  [{ kind: 'opened', data: {} }, 'opened'],
  [{ kind: 'opened', data: { actor: 'machine' } }, undefined],
  [{ kind: 'clicked', data: { actor: 'human' } }, 'clicked'],
  [{ kind: 'clicked', data: { actor: 'machine' } }, undefined],
  [{ kind: 'delivery_delayed', data: {} }, undefined],
  [{ kind: 'unsubscribed', data: {} }, undefined],
  [{ kind: 'auto_reply', data: {} }, undefined],
] as const)('%j counts as %s', (told, fate) => {
  expect(fateOf(told)).toBe(fate);
});

test('each has a bit of its own', () => {
  const bits = Object.values(fateBits);
  expect(bits.reduce((all, bit) => all | bit, 0)).toBe(bits.reduce((sum, bit) => sum + bit, 0));
});
