/** For tests of this room: jobs made up of what matters, and a log that is listened to. */

import type { Job, Message, Status } from '../core/message.ts';
import type { Log, LogFields } from '../observe/log.ts';

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
  readonly message?: Partial<Message>;
}): Job {
  const { recipients = 1, attempts = 0, maxAttempts = 5, suppressed = [], settled, message } = input;
  return {
    message: messageOf({ maxAttempts, ...message }),
    recipients: Array.from({ length: recipients }, (_, position) => ({
      position,
      address: `r${position}@example.com`,
      kind: 'to',
    })),
    suppressed,
    ...(settled && { settled }),
    attempts,
    fence: 1,
    leaseUntil: 1_800_000_600_000,
  };
}

export interface HeardLog extends Log {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: LogFields }[];
}

export function heardLog(): HeardLog {
  const lines: HeardLog['lines'] = [];
  const line = (level: string) => (fields: LogFields, message: string) => void lines.push({ level, message, fields });
  const log: HeardLog = {
    lines,
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: () => log,
  };
  return log;
}
