import { expect, test } from 'vitest';
import { MAX_CATEGORIES, OTHER_CATEGORIES } from '../../core/tally.ts';
import { countedCategory, fateBits, fateOf } from './tally.ts';

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
  [{ kind: 'opened', data: { actor: 'machine' } }, 'openedByMachine'],
  [{ kind: 'clicked', data: { actor: 'human' } }, 'clicked'],
  [{ kind: 'clicked', data: { actor: 'machine' } }, 'clickedByMachine'],
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

test('the first categories of an hour are counted by themselves, the others together', () => {
  const full = Array.from({ length: MAX_CATEGORIES }, (_, at) => `c${at}`);
  expect(countedCategory('new', ['', OTHER_CATEGORIES, ...full.slice(1)])).toBe('new');
  expect(countedCategory('new', full)).toBe(OTHER_CATEGORIES);
  expect(countedCategory('c3', full)).toBe('c3');
  expect(countedCategory('', full)).toBe('');
});
