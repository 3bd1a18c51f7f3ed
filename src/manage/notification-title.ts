/** What a notification is about, in a line, as its card has it. */

import type { Json } from '../core/message.ts';
import type { Notification } from '../db/verbs/notifications.ts';
import { cardOf } from '../notify/channels/card.ts';

export function titleOf({ type, content }: Pick<Notification, 'type' | 'content'>): string {
  const { data } = content as { readonly data: { readonly [name: string]: Json } };
  return cardOf({ type, data }).subject;
}
