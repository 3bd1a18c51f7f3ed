/** An answer that never came, looked for among the attempts that count. */

import { expect, it } from 'vitest';
import { type AttemptEnd, unansweredProvider } from './unanswered.ts';

const attempt = (provider: string, outcome: string, counted = 1): AttemptEnd => ({ provider, outcome, counted });
const deferred = attempt('b', 'deferred');
const unknown = attempt('a', 'unknown');

it.each<[string, readonly AttemptEnd[], number, string | undefined]>([
  ['the newest had no answer', [unknown, deferred], 2, 'a'],
  ['an earlier one had none', [deferred, deferred, unknown], 3, 'a'],
  ['the last had none, before a retry by hand', [deferred, unknown], 1, undefined],
  ['one beside those that are counted had none', [deferred, attempt('c', 'unknown', 0), deferred], 2, 'c'],
  ['all answered', [deferred, deferred], 2, undefined],
  ['there are fewer attempts than were counted', [deferred], 2, undefined],
  ['there is none', [], 1, undefined],
])('%s', (_, attempts, counted, provider) => {
  expect(unansweredProvider(attempts, counted)).toBe(provider);
});
