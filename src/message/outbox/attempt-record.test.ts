import { expect, it } from 'vitest';
import type { Outcome } from '../../core/outcome.ts';
import { attemptOf } from './attempt-record.ts';

const delivered: Outcome = { kind: 'delivered', reply: { text: 'ok' } };
const recordOf = (...ids: readonly string[]) =>
  attemptOf(
    {
      ...{ provider: 'relay', startedAt: 1, endedAt: 2 },
      outcomes: new Map([0, 1].map((position) => [position, delivered])),
      ids: new Map(ids.entries()),
    },
    { isCounted: true },
  );

it("keeps the provider's id of the message for each recipient, and for all where it is one", () => {
  expect(recordOf('a', 'b').ids?.get(1)).toBe('b');
  expect(recordOf()).not.toHaveProperty('ids');
  expect(recordOf('a', 'a')).toMatchObject({ providerMessageId: 'a' });
  expect(recordOf()).not.toHaveProperty('providerMessageId');
  expect(recordOf('a', 'b')).not.toHaveProperty('providerMessageId');
});
