/**
 * Moves on what a filter matches: found a page at a time where nobody waits, and changed a few at a time, each only while it
 * is still as it was found. It stops at the end of a page when its caller has left, and before that caller would give up.
 */

import type { Clock } from '../core/clock.ts';
import type { FindMovable, Movable, Moved } from '../db/verbs/messages.ts';
import type { Page } from '../db/verbs/page.ts';

export interface BulkWork extends FindMovable {
  readonly dryRun: boolean;
}

export interface BulkMoved {
  readonly matched: number;
  readonly moved: number;
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

export interface BulkMove {
  readonly clock: Pick<Clock, 'monotonic'>;
  find(asked: FindMovable): Promise<Page<Movable>>;
  move(messages: readonly Movable[]): Promise<readonly Moved[]>;
}

export async function moveMany(
  { clock, find, move }: BulkMove,
  { dryRun, cursor: from, limit, ...asked }: BulkWork,
  gone: AbortSignal,
): Promise<BulkMoved> {
  const startedAt = clock.monotonic();
  const messageIds: string[] = [];
  let matched = 0;
  let cursor = from;
  do {
    const room = Math.min(PAGE, limit - matched);
    const page = await find({ ...asked, limit: room, ...(cursor !== undefined && { cursor }) });
    matched += page.items.length;
    if (dryRun) messageIds.push(...page.items.map(({ messageId }) => messageId));
    for (let start = 0; !dryRun && start < page.items.length; start += AT_ONCE) {
      const moved = await move(page.items.slice(start, start + AT_ONCE));
      messageIds.push(...moved.map(({ messageId }) => messageId));
    }
    cursor = page.cursor;
  } while (cursor !== undefined && matched < limit && clock.monotonic() - startedAt < ENOUGH_MS && !gone.aborted);
  return { matched, moved: dryRun ? 0 : messageIds.length, messageIds, cursor: cursor ?? null };
}
