import { expect, test } from 'vitest';
import { MAX_CATEGORIES, MAX_TEMPLATE_PAIRS, OTHER_NAMES } from '../../core/tally.ts';
import { countedAs, fateBits, fateOf } from './tally.ts';

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
  const named = (category: string) => ({ category, template: '' });
  const full = Array.from({ length: MAX_CATEGORIES }, (_, at) => named(`c${at}`));
  expect(countedAs(named('new'), [named(''), named(OTHER_NAMES), ...full.slice(1)])).toEqual(named('new'));
  expect(countedAs(named('new'), full)).toEqual(named(OTHER_NAMES));
  expect(countedAs(named('c3'), full)).toEqual(named('c3'));
  expect(countedAs(named(''), full)).toEqual(named(''));
});

test('so are the first templates, of all categories together', () => {
  const named = (template: string, category = '') => ({ category, template });
  const full = Array.from({ length: MAX_TEMPLATE_PAIRS }, (_, at) => named(`welcome-${at}`, `c${at % 40}`));
  expect(countedAs(named('new'), [named(''), named(OTHER_NAMES), ...full.slice(1)])).toEqual(named('new'));
  expect(countedAs(named('new'), full)).toEqual(named(OTHER_NAMES));
  expect(countedAs(named('welcome-3', 'c3'), full)).toEqual(named('welcome-3', 'c3'));
  expect(countedAs(named('welcome-3', 'c4'), full)).toEqual(named(OTHER_NAMES, 'c4'));
  expect(countedAs(named('', 'c4'), full)).toEqual(named('', 'c4'));
});
