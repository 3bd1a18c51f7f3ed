/**
 * What a person changes of messages that were accepted. Trying again, cancelling and giving another time stand in each
 * message's own history, and not in the audit log; deleting takes that away, and so is in it.
 */

import type { Status } from '../core/message.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Audit } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';
import { type Retried, type RetryDeps, type RetryWork, retryMany } from './retry-many.ts';

interface Named {
  readonly tenant: Pick<Tenant, 'id' | 'slug'>;
  readonly messageId: string;
}

export interface MessageDesk {
  /** Attempts start from zero. Resolves to its status now, as those below. */
  retry(input: Named & { readonly onlyDead: boolean }, signal: AbortSignal): Promise<Status>;
  retryMany(work: RetryWork, signal: AbortSignal): Promise<Retried>;
  cancel(input: Named, signal: AbortSignal): Promise<Status>;
  reschedule(input: Named & { readonly scheduledAt: number }, signal: AbortSignal): Promise<Status>;
  /** With all that is kept of it. Refuses with `conflict` while it owes mail; with `onlyDead`, unless it is a dead letter. */
  delete(caller: Caller, input: Named & { readonly onlyDead: boolean }, signal: AbortSignal): Promise<void>;
}

export interface MessageDeskDeps extends RetryDeps {
  readonly store: StorePart<'messages.retry' | 'messages.cancel' | 'messages.reschedule' | 'messages.remove'> &
    RetryDeps['store'];
  readonly metrics: {
    messageStatus(reached: { readonly status: Status; readonly tenant: string; readonly provider: string }): void;
  };
  readonly audit: Pick<Audit, 'act'>;
}

export function createMessageDesk(deps: MessageDeskDeps): MessageDesk {
  const { store, audit, clock, wake, metrics } = deps;
  return {
    async retry({ tenant, messageId, onlyDead }, signal) {
      const status = await store.messages.retry({ tenantId: tenant.id, messageId, now: clock.now(), onlyDead }, signal);
      wake();
      return status;
    },
    retryMany: (work, signal) => retryMany(deps, work, signal),
    async cancel({ tenant, messageId }, signal) {
      const status = await store.messages.cancel({ tenantId: tenant.id, messageId, now: clock.now() }, signal);
      metrics.messageStatus({ status, tenant: tenant.id, provider: '' });
      return status;
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
