/**
 * Takes away what the platform has of a subscriber: mail that went to nobody else, and notifications that nobody else was told of.
 * What was counted stays counted, and what keeps them from being mailed stays.
 */

import type { Clock } from '../core/clock.ts';
import { counted } from '../core/counted.ts';
import { IepError } from '../core/errors.ts';
import { recipientText } from '../core/notification-delivery.ts';
import type { MessageRow } from '../db/verbs/messages.ts';
import type { Page } from '../db/verbs/page.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Subscriber } from '../db/verbs/subscribers.ts';

export interface ErasureDeps {
  readonly store: StorePart<
    | 'messages.list'
    | 'messages.cancel'
    | 'messages.remove'
    | 'notifications.list'
    | 'notifications.deliveries'
    | 'notifications.cancel'
    | 'notifications.remove'
    | 'resources.forget'
  >;
  readonly clock: Pick<Clock, 'now'>;
}

export interface Erased {
  readonly messages: number;
  readonly notifications: number;
}

const PAGE = 100;

/** Refuses with `conflict` while mail to them is under way; asked again it goes on. */
export type Erase = (one: Subscriber, signal: AbortSignal) => Promise<Erased>;

export function createErasure({ store, clock }: ErasureDeps): Erase {
  async function notificationsOf({ tenantId, id: subscriber }: Subscriber, signal: AbortSignal): Promise<number> {
    const recipient = recipientText({ kind: 'subscriber', name: subscriber });
    const filter = { subscriber };
    let removed = 0;
    for await (const { id } of all((page) => store.notifications.list({ tenantId, filter, ...page }, signal))) {
      const { items } = await store.notifications.deliveries({ tenantId, id, limit: PAGE });
      if (items.length === PAGE || items.some((one) => one.recipient !== recipient)) continue;
      const { messageIds } = await store.notifications.cancel({ tenantId, id, now: clock.now() });
      for (const messageId of messageIds) await isCancelled(tenantId, messageId);
      await store.notifications.remove({ tenantId, id });
      removed += 1;
    }
    return removed;
  }

  async function messagesTo(tenantId: string, recipient: string, signal: AbortSignal): Promise<number> {
    const filter = { recipient };
    let removed = 0;
    let underWay = 0;
    for await (const message of all((page) => store.messages.list({ tenantId, filter, ...page }, signal))) {
      if (!isOnlyTo(message, recipient)) continue;
      if (isOpen(message) && !(await isCancelled(tenantId, message.id))) underWay += 1;
      else {
        await store.messages.remove({ tenantId, messageId: message.id });
        removed += 1;
      }
    }
    if (underWay === 0) return removed;
    throw new IepError(
      'conflict',
      `${counted(underWay, 'message')} to this subscriber cannot be taken back while an attempt is under way; all else was erased. Ask again.`,
    );
  }

  /** False: an attempt is under way. */
  async function isCancelled(tenantId: string, messageId: string): Promise<boolean> {
    try {
      await store.messages.cancel({ tenantId, messageId, now: clock.now() });
      return true;
    } catch (error) {
      if (error instanceof IepError && error.refusal.status < 500) return false;
      throw error;
    }
  }

  return async (one, signal) => {
    const notifications = await notificationsOf(one, signal);
    const messages = one.email === undefined ? 0 : await messagesTo(one.tenantId, one.email, signal);
    await store.resources.forget({ tenantId: one.tenantId, kind: 'Subscriber', name: one.id });
    return { messages, notifications };
  };
}

async function* all<T>(ask: (page: { limit: number; cursor?: string }) => Promise<Page<T>>): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page: Page<T> = await ask({ limit: PAGE, ...(cursor !== undefined && { cursor }) });
    yield* page.items;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

function isOnlyTo({ to, cc, bcc, rcpt }: MessageRow, recipient: string): boolean {
  return [...to, ...cc, ...bcc, ...rcpt].every((address) => address.toLowerCase() === recipient.toLowerCase());
}

function isOpen({ status }: MessageRow): boolean {
  return status === 'scheduled' || status === 'queued' || status === 'processing';
}
