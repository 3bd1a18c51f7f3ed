/** What the contracts of the store begin with: the time, and a message as short as it may be. */

import { createIds } from '../../core/ids.ts';
import type { Message } from '../../core/message.ts';
import type { NewMessage } from '../verbs/outbox.ts';

export const NOW = 1_790_000_000_000;
export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;

export const newId = createIds({ now: () => NOW });

/** To those that `more` names in `to` and `cc`. */
export function newMessage(tenantId: string, more: Partial<Message> = {}, rest: Partial<NewMessage> = {}): NewMessage {
  const id = newId();
  const message: Message = {
    id,
    tenantId,
    createdAt: NOW,
    door: 'http',
    from: { email: 'from@acme.example' },
    envelopeFrom: 'from@acme.example',
    to: [{ email: 'to@x.example' }],
    cc: [],
    subject: 'Hello',
    messageIdHeader: `<${id}@acme.example>`,
    content: { kind: 'parts', text: 'hi' },
    attachments: [],
    tags: [],
    lane: 'normal',
    maxAttempts: 5,
    ...more,
  };
  const recipients = [
    ...message.to.map(({ email }) => ({ address: email, kind: 'to' as const })),
    ...message.cc.map(({ email }) => ({ address: email, kind: 'cc' as const })),
  ];
  return { message, recipients, ...rest };
}
