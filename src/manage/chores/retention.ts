/**
 * Removes what has been kept long enough: messages, notifications, the bytes of attachments, feedback that belongs to no message, old
 * counters, ids of callers' events, and the snapshots of templates and blobs that nobody needs any more. What is in the outbox is never touched. It works in steps that are short for everybody who waits for the store, and can be broken off
 * or killed between any two of them: the next run goes on.
 */

import type { Blobs } from '../../blobs/blobs.ts';
import type { Clock } from '../../core/clock.ts';
import type { WalkPosition } from '../../db/verbs/content.ts';
import type { StorePart } from '../../db/verbs/store.ts';

export interface RetentionDeps {
  readonly store: StorePart<
    | 'tenants.list'
    | 'content.expireMessages'
    | 'content.expireAttachments'
    | 'content.neededBlobs'
    | 'feedback.sweep'
    | 'tallies.sweep'
    | 'templates.sweep'
    | 'triggers.sweepEvents'
    | 'notifications.sweep'
    | 'notifications.sweepWindows'
  >;
  readonly blobs: Pick<Blobs, 'list' | 'setAside' | 'bringBack' | 'remove'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Read in each round. */
export interface RetentionOptions {
  readonly attachmentDays: number;
  /** Absent: for ever, unless a tenant says otherwise. */
  readonly messageDays?: number;
}

export interface RetentionReport {
  readonly messagesRemoved: number;
  /** Attachments, and whole messages kept as blobs, that lost their bytes while their message stays. */
  readonly attachmentsRemoved: number;
  /** Reports that belong to no message. */
  readonly feedbackRemoved: number;
  readonly blobsRemoved: number;
  /** Of the blobs that were removed. What rows took is free within the database file. */
  readonly bytesFreed: number;
}

export interface Retention {
  /** One round. Ends early, with what it did, once `signal` is aborted. */
  run(signal?: AbortSignal): Promise<RetentionReport>;
}

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** Messages that one transaction looks at. */
const MESSAGES_AT_ONCE = 100;
const BLOBS_AT_ONCE = 200;
const FEEDBACK_AT_ONCE = 500;
/** What came back and belongs to no message is kept this long, for people who wonder. */
const UNMATCHED_DAYS = 30;
/** Counters of what became of recipients are kept as long as `stats` looks back. */
const TALLY_DAYS = 400;
const TALLIES_AT_ONCE = 500;
const SNAPSHOTS_AT_ONCE = 100;
/** An event that comes again later than this triggers again. */
const CALLER_EVENT_DAYS = 30;
const CALLER_EVENTS_AT_ONCE = 500;
const NOTIFICATIONS_AT_ONCE = 200;
/** Far longer than any time between a snapshot being kept and the commit of the message that names it. */
const SNAPSHOT_MS = DAY_MS;
/** Blobs younger than this are left where they are: most of them are on their way into a commit. */
const YOUNG_MS = HOUR_MS;
/** Far longer than any time between a blob being put and the commit of the row that names it. */
const ASIDE_MS = DAY_MS;

export function createRetention({ store, blobs, clock }: RetentionDeps, options: RetentionOptions): Retention {
  const before = (days: number) => clock.now() - days * DAY_MS;

  return {
    async run(signal = new AbortController().signal) {
      const tenants = await store.tenants.list();
      let messagesRemoved = 0;
      for (const { id, settings } of tenants) {
        const days = settings.messageRetentionDays ?? options.messageDays;
        if (days !== undefined) {
          messagesRemoved += await expireMessages(id, before(days), signal);
          await sweepNotifications(id, before(days), signal);
        }
        await sweepTallies(id, signal);
      }
      const own = tenants.flatMap(({ id, settings: { attachmentRetentionDays: days } }) =>
        days === undefined ? [] : [{ tenantId: id, time: before(days) }],
      );
      const attachmentsRemoved = await expireAttachments(own, signal);
      const feedbackRemoved = await sweepFeedback(signal);
      await sweepSnapshots(signal);
      await sweepCallerEvents(signal);
      await sweepWindows(signal);
      return { messagesRemoved, attachmentsRemoved, feedbackRemoved, ...(await sweep(signal)) };
    },
  };

  async function expireMessages(tenantId: string, time: number, signal: AbortSignal): Promise<number> {
    let removed = 0;
    let after: WalkPosition | undefined;
    do {
      if (signal.aborted) break;
      const input = { tenantId, before: time, limit: MESSAGES_AT_ONCE, ...(after && { after }) };
      const step = await store.content.expireMessages(input);
      removed += step.removed;
      after = step.next;
    } while (after !== undefined);
    return removed;
  }

  async function expireAttachments(
    own: readonly { readonly tenantId: string; readonly time: number }[],
    signal: AbortSignal,
  ): Promise<number> {
    const now = clock.now();
    let removed = 0;
    let after: number | undefined;
    do {
      if (signal.aborted) break;
      const step = await store.content.expireAttachments({
        before: own,
        otherwise: before(options.attachmentDays),
        limit: MESSAGES_AT_ONCE,
        now,
        ...(after !== undefined && { after }),
      });
      removed += step.removed;
      after = step.next;
    } while (after !== undefined);
    return removed;
  }

  async function sweepFeedback(signal: AbortSignal): Promise<number> {
    const receivedBefore = before(UNMATCHED_DAYS);
    let removed = 0;
    for (let last = FEEDBACK_AT_ONCE; last === FEEDBACK_AT_ONCE && !signal.aborted; removed += last)
      last = await store.feedback.sweep({ receivedBefore, limit: FEEDBACK_AT_ONCE });
    return removed;
  }

  async function sweepSnapshots(signal: AbortSignal): Promise<void> {
    const input = { before: clock.now() - SNAPSHOT_MS, limit: SNAPSHOTS_AT_ONCE };
    for (let last = SNAPSHOTS_AT_ONCE; last === SNAPSHOTS_AT_ONCE && !signal.aborted; )
      last = await store.templates.sweep(input);
  }

  async function sweepCallerEvents(signal: AbortSignal): Promise<void> {
    const input = { before: before(CALLER_EVENT_DAYS), limit: CALLER_EVENTS_AT_ONCE };
    for (let last = input.limit; last === input.limit && !signal.aborted; ) {
      last = await store.triggers.sweepEvents(input);
    }
  }

  async function sweepNotifications(tenantId: string, time: number, signal: AbortSignal): Promise<void> {
    const input = { tenantId, before: time, limit: NOTIFICATIONS_AT_ONCE };
    for (let last = input.limit; last === input.limit && !signal.aborted; )
      last = await store.notifications.sweep(input);
  }

  async function sweepWindows(signal: AbortSignal): Promise<void> {
    const input = { now: clock.now(), limit: NOTIFICATIONS_AT_ONCE };
    for (let last = input.limit; last === input.limit && !signal.aborted; )
      last = await store.notifications.sweepWindows(input);
  }

  async function sweepTallies(tenantId: string, signal: AbortSignal): Promise<void> {
    const input = { tenantId, before: before(TALLY_DAYS), limit: TALLIES_AT_ONCE };
    for (let last = TALLIES_AT_ONCE; last >= TALLIES_AT_ONCE && !signal.aborted; )
      last = await store.tallies.sweep(input);
  }

  /** Blobs that no message names are set aside; those that were aside for long, and are still not named, are removed. */
  async function sweep(signal: AbortSignal): Promise<Pick<RetentionReport, 'blobsRemoved' | 'bytesFreed'>> {
    const swept = { blobsRemoved: 0, bytesFreed: 0 };
    let batch: { readonly blob: string; readonly size: number; readonly isAside: boolean }[] = [];
    const look = async () => {
      const needed = new Set(await store.content.neededBlobs({ blobs: batch.map(({ blob }) => blob) }));
      for (const { blob, size, isAside } of batch) {
        if (!isAside) {
          if (!needed.has(blob)) await blobs.setAside(blob);
        } else if (needed.has(blob)) await blobs.bringBack(blob);
        else {
          await blobs.remove(blob);
          swept.blobsRemoved += 1;
          swept.bytesFreed += size;
        }
      }
      batch = [];
    };

    const now = clock.now();
    for await (const { blob, size, changedAt, isAside } of blobs.list()) {
      if (signal.aborted) return swept;
      if (now - changedAt < (isAside ? ASIDE_MS : YOUNG_MS)) continue;
      batch.push({ blob, size, isAside });
      if (batch.length === BLOBS_AT_ONCE) await look();
    }
    if (batch.length > 0) await look();
    return swept;
  }
}
