/** What a person changes of the inbox: mail that `capture` keeps is released to a real provider, or deleted. */

import { hostname } from 'node:os';
import type { Blobs } from '../blobs/blobs.ts';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { NewId } from '../core/ids.ts';
import type { Message } from '../core/message.ts';
import type { InboxFilter } from '../db/verbs/inbox.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Accept, Accepted } from '../message/intake/accept.ts';
import { readRawMessage } from '../message/rfc5322/raw-message.ts';
import type { Audit } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';

export interface InboxDesk {
  /**
   * Hands the kept bytes in once more, for the same recipients and that provider, as a new message with all the checks of one.
   * The same message is released to a provider once: again, it is a duplicate. Refuses with `conflict` where what is kept is one
   * recipient's own copy, and others would get it.
   */
  release(
    caller: Caller,
    input: { readonly tenant: Tenant; readonly messageId: string; readonly provider: string },
    signal: AbortSignal,
  ): Promise<Accepted>;
  /** Deletes what the filter matches with all that is kept of it, but what still owes mail. Resolves to how many. */
  clear(
    caller: Caller,
    input: { readonly tenant: Pick<Tenant, 'id' | 'slug'>; readonly filter: InboxFilter },
    signal: AbortSignal,
  ): Promise<number>;
}

export interface InboxDeskDeps {
  readonly store: StorePart<'messages.content' | 'messages.get' | 'messages.remove' | 'inbox.list'>;
  readonly audit: Pick<Audit, 'act'>;
  readonly accept: Accept['accept'];
  readonly blobs: Pick<Blobs, 'create'>;
  /** Whether each recipient has a copy of its own. */
  readonly render: (message: Message) => Promise<{ readonly ok: boolean; readonly isPersonal?: true }>;
  readonly newId: NewId;
  readonly clock: Pick<Clock, 'now'>;
}

const PAGE = 500;

export function createInboxDesk(deps: InboxDeskDeps): InboxDesk {
  const { store, audit, accept, blobs, render, newId, clock } = deps;

  async function keptOf(named: { tenantId: string; messageId: string }) {
    const [content, detail] = await Promise.all([store.messages.content(named), store.messages.get(named)]);
    if (content?.kept === undefined || detail === undefined) {
      throw new IepError('not_found', 'The inbox has no message of this id');
    }
    return { kept: content.kept, message: content.message, detail };
  }

  async function removeOne(named: { tenantId: string; messageId: string }, signal: AbortSignal): Promise<boolean> {
    try {
      await store.messages.remove(named, signal);
      return true;
    } catch (error) {
      // It still owes mail to somebody, or another call was faster.
      if (error instanceof IepError && (error.code === 'conflict' || error.code === 'not_found')) return false;
      throw error;
    }
  }

  return {
    release: (caller, { tenant, messageId, provider }, signal) =>
      audit.act(caller, { action: 'inbox.release', tenant: tenant.slug, target: messageId }, async (note) => {
        const { kept, message, detail } = await keptOf({ tenantId: tenant.id, messageId });
        if (detail.recipients.length > 1 && (message.unsubscribe || (await render(message)).isPersonal))
          throw ownCopies();
        const { category, tags, metadata, lane, groupId } = message;
        const id = newId();
        const submission = await readRawMessage(
          blobs,
          {
            ...{ door: message.door, id, now: clock.now(), arrival: { by: hostname(), protocol: 'local' } },
            ...{ maxBytes: Number.MAX_SAFE_INTEGER, envelopeFrom: message.envelopeFrom },
            rcpt: detail.recipients.map(({ email }) => email),
          },
          kept,
        );
        const accepted = await accept(
          tenant,
          {
            ...submission,
            ...{ provider, lane, tags, idempotencyKey: `release:${messageId}:${provider}` },
            ...(category !== undefined && { category }),
            ...(metadata !== undefined && { metadata }),
            ...(groupId !== undefined && { groupId }),
          },
          signal,
        );
        note({ after: { provider, messageId: accepted.messageId } });
        return accepted;
      }),
    clear: (caller, { tenant, filter }, signal) =>
      audit.act(caller, { action: 'inbox.delete', tenant: tenant.slug }, async (note) => {
        let deleted = 0;
        let cursor: string | undefined;
        do {
          const more = cursor === undefined ? {} : { cursor };
          const page = await store.inbox.list({ tenantId: tenant.id, filter, limit: PAGE, ...more }, signal);
          for (const { messageId } of page.items) {
            if (await removeOne({ tenantId: tenant.id, messageId }, signal)) deleted += 1;
          }
          cursor = page.cursor;
        } while (cursor !== undefined && !signal.aborted);
        note({ after: { deleted } });
        return deleted;
      }),
  };
}

function ownCopies(): IepError {
  return new IepError(
    'conflict',
    'Each recipient of this message has a copy of its own, and the inbox keeps that of the first',
    {
      extra: { hint: 'Send the message again, with the provider that is to carry it.' },
    },
  );
}
