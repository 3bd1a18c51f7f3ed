/** What a person changes of messages beyond their sending, which is in their own histories: they are deleted. */

import type { Store, Tenant } from '../db/verbs/store.ts';
import type { Audit } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';

export interface MessageDesk {
  /** With all that is kept of it. Refuses with `conflict` while it owes mail; with `onlyDead`, unless it is a dead letter. */
  delete(
    caller: Caller,
    input: { tenant: Pick<Tenant, 'id' | 'slug'>; messageId: string; onlyDead: boolean },
    signal: AbortSignal,
  ): Promise<void>;
}

export interface MessageDeskDeps {
  readonly store: Pick<Store, 'deleteMessage'>;
  readonly audit: Pick<Audit, 'act'>;
}

export function createMessageDesk({ store, audit }: MessageDeskDeps): MessageDesk {
  return {
    delete: (caller, { tenant, messageId, onlyDead }, signal) =>
      audit.act(caller, { action: 'message.delete', tenant: tenant.slug, target: messageId }, async () => {
        await store.deleteMessage({ tenantId: tenant.id, messageId, onlyDead }, signal);
      }),
  };
}
