/**
 * What a person changes of messages that were accepted. Trying again, cancelling and giving another time stand in each
 * message's own history, and not in the audit log; deleting takes that away, and so is in it.
 */

import type { Clock } from '../core/clock.ts';
import type { Status } from '../core/message.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Audit } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';
import { type BulkMove, type BulkMoved, type BulkWork, moveMany } from './move-many.ts';

interface Named {
  readonly tenant: Pick<Tenant, 'id' | 'slug'>;
  readonly messageId: string;
}

export interface MessageDesk {
  /** Attempts start from zero. Resolves to its status now, as those below. */
  retry(input: Named & { readonly onlyDead: boolean }, signal: AbortSignal): Promise<Status>;
  retryMany(work: BulkWork, signal: AbortSignal): Promise<BulkMoved>;
  cancel(input: Named, signal: AbortSignal): Promise<Status>;
  cancelMany(work: BulkWork, signal: AbortSignal): Promise<BulkMoved>;
  reschedule(input: Named & { readonly scheduledAt: number }, signal: AbortSignal): Promise<Status>;
  /** With all that is kept of it. Refuses with `conflict` while it owes mail; with `onlyDead`, unless it is a dead letter. */
  delete(caller: Caller, input: Named & { readonly onlyDead: boolean }, signal: AbortSignal): Promise<void>;
}

export interface MessageDeskDeps {
  readonly store: StorePart<
    | 'messages.retry'
    | 'messages.retryable'
    | 'messages.retryEach'
    | 'messages.cancel'
    | 'messages.cancellable'
    | 'messages.cancelEach'
    | 'messages.reschedule'
    | 'messages.remove'
  >;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** Tells the outbox that something may be due that was not before. */
  readonly wake: () => void;
  readonly metrics: {
    messageStatus(reached: { readonly status: Status; readonly tenant: string; readonly provider: string }): void;
  };
  readonly audit: Pick<Audit, 'act'>;
}

export function createMessageDesk({ store, audit, clock, wake, metrics }: MessageDeskDeps): MessageDesk {
  const isCancelled = (tenantId: string, status: Status) =>
    metrics.messageStatus({ status, tenant: tenantId, provider: '' });
  return {
    async retry({ tenant, messageId, onlyDead }, signal) {
      const status = await store.messages.retry({ tenantId: tenant.id, messageId, now: clock.now(), onlyDead }, signal);
      wake();
      return status;
    },
    retryMany(work, signal) {
      const retry: BulkMove = {
        clock,
        find: (asked) => store.messages.retryable(asked, signal),
        async move(messages) {
          const { tenantId } = work;
          const moved = await store.messages.retryEach({ tenantId, messages, now: clock.now() }, signal);
          if (moved.length > 0) wake();
          return moved;
        },
      };
      return moveMany(retry, work, signal);
    },
    async cancel({ tenant, messageId }, signal) {
      const status = await store.messages.cancel({ tenantId: tenant.id, messageId, now: clock.now() }, signal);
      isCancelled(tenant.id, status);
      return status;
    },
    cancelMany(work, signal) {
      const cancel: BulkMove = {
        clock,
        find: (asked) => store.messages.cancellable(asked, signal),
        async move(messages) {
          const { tenantId } = work;
          const moved = await store.messages.cancelEach({ tenantId, messages, now: clock.now() }, signal);
          for (const { status } of moved) isCancelled(tenantId, status);
          return moved;
        },
      };
      return moveMany(cancel, work, signal);
    },
    async reschedule({ tenant, messageId, scheduledAt }, signal) {
      const status = await store.messages.reschedule(
        { tenantId: tenant.id, messageId, scheduledAt, now: clock.now() },
        signal,
      );
      wake();
      return status;
    },
    delete: (caller, { tenant, messageId, onlyDead }, signal) =>
      audit.act(caller, { action: 'message.delete', tenant: tenant.slug, target: messageId }, async () => {
        await store.messages.remove({ tenantId: tenant.id, messageId, onlyDead }, signal);
      }),
  };
}
