/**
 * Retries what a filter matches: found a page at a time where nobody waits, and changed a few at a time, each only while it
 * is still as it was found. It stops at the end of a page when its caller has left, and before that caller would give up.
 */

import type { Clock } from '../core/clock.ts';
import type { MessageFilter } from '../db/verbs/messages.ts';
import type { StorePart } from '../db/verbs/store.ts';

export interface RetryWork {
  readonly tenantId: string;
  readonly filter: MessageFilter;
  readonly limit: number;
  readonly dryRun: boolean;
  readonly cursor?: string;
}

export interface Retried {
  readonly matched: number;
  readonly retried: number;
  /** With `dryRun` those that match. */
  readonly messageIds: string[];
  /** Null at the end. */
  readonly cursor: string | null;
}

const PAGE = 500;
/** Messages changed in one commit, which others wait for. */
const AT_ONCE = 50;
/** Then it answers what it has done, and where to go on. */
const ENOUGH_MS = 10_000;

export interface RetryDeps {
  readonly store: StorePart<'messages.retryable' | 'messages.retryEach'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** Tells the outbox that something may be due that was not before. */
  readonly wake: () => void;
}

export async function retryMany(
  { store, clock, wake }: RetryDeps,
  { tenantId, filter, limit, dryRun, cursor: from }: RetryWork,
  gone: AbortSignal,
): Promise<Retried> {
  const startedAt = clock.monotonic();
  const messageIds: string[] = [];
  let matched = 0;
  let cursor = from;
  do {
    const page = await store.messages.retryable(
      { tenantId, filter, limit: Math.min(PAGE, limit - matched), ...(cursor !== undefined && { cursor }) },
      gone,
    );
    matched += page.items.length;
    if (dryRun) messageIds.push(...page.items.map(({ messageId }) => messageId));
    for (let start = 0; !dryRun && start < page.items.length; start += AT_ONCE) {
      const messages = page.items.slice(start, start + AT_ONCE);
      messageIds.push(...(await store.messages.retryEach({ tenantId, messages, now: clock.now() }, gone)));
    }
    if (!dryRun && messageIds.length > 0) wake();
    cursor = page.cursor;
  } while (cursor !== undefined && matched < limit && clock.monotonic() - startedAt < ENOUGH_MS && !gone.aborted);
  return { matched, retried: dryRun ? 0 : messageIds.length, messageIds, cursor: cursor ?? null };
}
