/**
 * What the verb `accept` sends back from the writer's thread: only what the caller does not know already. The job it
 * hands to the outbox is put together from the caller's own message, which is never read back or copied.
 */

import type { AcceptResult, NewMessage } from '../verbs/outbox.ts';
import type { Store } from '../verbs/store.ts';

export type Stored = Pick<AcceptResult, 'rates'> &
  (
    | {
        readonly kind: 'accepted';
        /** As those of a job. */
        readonly suppressed: readonly number[];
        readonly unsubscribed?: readonly number[];
        /** Names the lease, where one was asked for and given. */
        readonly fence?: number;
      }
    | (AcceptResult & { readonly kind: 'duplicate' | 'limited' })
  );

export function acceptResults(
  { messages, lease }: Parameters<Store['outbox']['accept']>[0],
  stored: readonly Stored[],
): readonly AcceptResult[] {
  return stored.map((answer, index): AcceptResult => {
    const entry = messages[index];
    if (answer.kind !== 'accepted') return answer;
    if (entry === undefined) throw new Error('the store answered for a message that it was not given');
    const { suppressed, unsubscribed, fence, rates } = answer;
    const standing = rates && { rates };
    const suppressedRecipients = suppressed.map((position) => entry.recipients[position]?.address ?? '');
    if (fence === undefined || lease === undefined) return { kind: 'accepted', suppressedRecipients, ...standing };
    const barred = { suppressed, ...(unsubscribed && { unsubscribed }) };
    const job = { message: entry.message, recipients: positioned(entry), ...barred, attempts: 0, fence };
    return {
      kind: 'accepted',
      suppressedRecipients,
      ...standing,
      job: { ...job, leaseUntil: lease.now + lease.leaseMs },
    };
  });
}

function positioned({ recipients }: NewMessage) {
  return recipients.map(({ address, kind }, position) => ({ position, address, kind }));
}
