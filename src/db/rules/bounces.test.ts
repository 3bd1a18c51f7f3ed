/** Which bounce is one too many, and what the entry of the list keeps as evidence. */

import { expect, it } from 'vitest';
import { areTooMany, entryOfBounces, entryOfComplaint, tellingOfSuppression } from './bounces.ts';

const bounces = (count: number) => Array.from({ length: count }, (_, n) => ({ at: n, messageId: `m${n}` }));

it.each([
  [2, undefined, false],
  [3, undefined, true],
  [1, 1, true],
  [4, 5, false],
  [5, 5, true],
])('%i bounces with the limit %s: %s', (count, limit, areMany) => {
  expect(areTooMany(bounces(count), limit)).toBe(areMany);
});

it('keeps the ten newest pieces of evidence', () => {
  const entry = entryOfBounces('a@x.example', 99, bounces(12));
  expect(entry).toMatchObject({ email: 'a@x.example', reason: 'hard_bounce', createdAt: 99 });
  expect(entry.evidence?.map(({ at }) => at)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const complained = entryOfComplaint('a@x.example', bounces(10), { at: 50, reply: 'spam' });
  expect(complained).toMatchObject({ reason: 'complaint', createdAt: 50 });
  expect(complained.evidence).toEqual([...bounces(10).slice(1), { at: 50, reply: 'spam' }]);
});

it('tells of the suppression in the event of the bounce that led to it, and in no other', () => {
  const bounced = { type: 'bounced' as const, at: 1, recipient: 'a@x.example', data: { code: 550 } };
  const suppressed = new Set(['a@x.example']);
  expect(tellingOfSuppression(bounced, suppressed).data).toEqual({ code: 550, suppressed: true });
  expect(tellingOfSuppression({ ...bounced, recipient: 'b@x.example' }, suppressed).data).toEqual({ code: 550 });
  expect(tellingOfSuppression({ ...bounced, type: 'failed' }, suppressed).data).toEqual({ code: 550 });
});
