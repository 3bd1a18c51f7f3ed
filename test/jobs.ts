/** For tests: messages and claimed jobs, made up of what the test is about. */

import type { Job, Message, Status } from '../src/core/message.ts';

export const TENANT = '0193f2f0-0000-7000-8000-0000000000aa';

export function messageOf(changes: Partial<Message> = {}): Message {
  return {
    id: '0193f2f0-0000-7000-8000-000000000001',
    tenantId: TENANT,
    createdAt: 1_800_000_000_000,
    door: 'http',
    from: { email: 'app@example.com' },
    envelopeFrom: 'app@example.com',
    to: [{ email: 'r0@example.com' }],
    cc: [],
    subject: 'hello',
    messageIdHeader: '<1@example.com>',
    content: { kind: 'parts', text: 'hello' },
    attachments: [],
    tags: [],
    lane: 'normal',
    maxAttempts: 5,
    ...changes,
  };
}

export function jobOf(input: {
  readonly recipients?: number;
  readonly attempts?: number;
  readonly maxAttempts?: number;
  readonly suppressed?: readonly number[];
  readonly settled?: readonly Status[];
  readonly gaveUp?: true;
  readonly message?: Partial<Message>;
}): Job {
  const { recipients = 1, attempts = 0, maxAttempts = 5, suppressed = [], settled, gaveUp, message } = input;
  return {
    message: messageOf({ maxAttempts, ...message }),
    recipients: Array.from({ length: recipients }, (_, position) => ({
      position,
      address: `r${position}@example.com`,
      kind: 'to',
    })),
    suppressed,
    ...(settled && { settled }),
    ...(gaveUp && { gaveUp }),
    attempts,
    fence: 1,
    leaseUntil: 1_800_000_600_000,
  };
}
