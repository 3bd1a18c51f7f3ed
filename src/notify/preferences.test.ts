import { expect, it } from 'vitest';
import type { Preferences } from '../core/preferences.ts';
import { preferred } from './preferences.ts';

const of = (preferences: Preferences) =>
  preferred(preferences, { type: 'invoice.due', category: 'billing', channel: 'email' });

it.each<[string, Preferences, ReturnType<typeof preferred>]>([
  ['nothing said', {}, { isOn: true }],
  ['all off', { global: { enabled: false } }, { isOn: false }],
  [
    'all off, the category on',
    { global: { enabled: false }, categories: { billing: { enabled: true } } },
    { isOn: true },
  ],
  [
    'the category off, the type on',
    { categories: { billing: { enabled: false } }, types: { 'invoice.due': { enabled: true } } },
    { isOn: true },
  ],
  ['another type off', { types: { other: { enabled: false } } }, { isOn: true }],
  ['the channel off', { global: { channels: { email: false } } }, { isOn: false }],
  ['another channel off', { global: { channels: { slack: false } } }, { isOn: true }],
  [
    'the channel off, on for the category',
    { global: { channels: { email: false } }, categories: { billing: { channels: { email: true } } } },
    { isOn: true },
  ],
  [
    'on for the category, whose channel is off',
    { categories: { billing: { enabled: true, channels: { email: false } } } },
    { isOn: false },
  ],
  ['a frequency', { categories: { billing: { frequency: 'daily' } } }, { isOn: true, frequency: 'daily' }],
  [
    'a narrower frequency',
    { categories: { billing: { frequency: 'daily' } }, types: { 'invoice.due': { frequency: 'immediate' } } },
    { isOn: true, frequency: 'immediate' },
  ],
  [
    'a name that every object has',
    JSON.parse('{"types":{"__proto__":{"enabled":false}}}') as Preferences,
    { isOn: true },
  ],
])('%s', (_, preferences, expected) => {
  expect(of(preferences)).toEqual(expected);
});
