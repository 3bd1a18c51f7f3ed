import { expect, it } from 'vitest';
import { saidIn } from './event-text.ts';

it.each([
  [{ class: 'hard', diagnostic: '550 5.1.1 unknown', source: 'sendgrid' }, 'hard: 550 5.1.1 unknown'],
  [{ class: 'vendor-suppressed', source: 'ses' }, 'vendor-suppressed'],
  [{ reply: '250 2.0.0 ok', provider: 'relay' }, '250 2.0.0 ok'],
  [{}, ''],
  [null, ''],
])('says of %j: %s', (data, text) => {
  expect(saidIn(data)).toBe(text);
});
