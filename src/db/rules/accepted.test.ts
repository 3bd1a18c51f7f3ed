/** What the writer's thread sends back, put together with what the caller knows. */

import { expect, it } from 'vitest';
import type { NewMessage } from '../verbs/outbox.ts';
import { acceptResults } from './accepted.ts';

const message = { id: 'm' } as NewMessage['message'];
const entry: NewMessage = {
  message,
  recipients: [
    { address: 'a@x.example', kind: 'to' },
    { address: 'b@x.example', kind: 'cc' },
  ],
};
const lease = { owner: 'o', now: 100, leaseMs: 50 };

it("names suppressed recipients, and hands over the caller's own message where it was leased", () => {
  const stored = [{ kind: 'accepted' as const, suppressed: [1], fence: 7 }];
  const [answer] = acceptResults({ tenantId: 't', messages: [entry], lease }, stored);
  expect(answer).toEqual({
    kind: 'accepted',
    suppressedRecipients: ['b@x.example'],
    job: {
      message,
      recipients: [
        { position: 0, address: 'a@x.example', kind: 'to' },
        { position: 1, address: 'b@x.example', kind: 'cc' },
      ],
      ...{ suppressed: [1], attempts: 0, fence: 7, leaseUntil: 150 },
    },
  });
  expect(answer?.kind === 'accepted' && answer.job?.message).toBe(message);
});

it('hands over nothing that was not leased', () => {
  const stored = [{ kind: 'accepted' as const, suppressed: [] }];
  expect(acceptResults({ tenantId: 't', messages: [entry], lease }, stored)).toEqual([
    { kind: 'accepted', suppressedRecipients: [] },
  ]);
});

it('leaves the answer for one that was not stored as it is', () => {
  const rates = [{ name: 'minute' as const, count: 1, remaining: 0 }];
  const limited = { kind: 'limited' as const, window: 'minute' as const, count: 1, retryAfterMs: 5, rates };
  expect(acceptResults({ tenantId: 't', messages: [entry], lease }, [limited])).toEqual([limited]);
});
