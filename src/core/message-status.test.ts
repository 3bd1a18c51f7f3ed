/** The status of a message follows from those of its recipients, whatever their order. */

import { expect, test } from 'vitest';
import type { Status } from './message.ts';
import { messageStatus } from './message-status.ts';

test.each<[Status, Status[]]>([
  ['queued', ['queued', 'sent']],
  ['queued', ['bounced', 'scheduled']],
  ['queued', ['complained', 'processing']],
  ['sent', ['sent']],
  ['sent', ['sent', 'delivered']],
  ['sent', ['sent', 'bounced', 'failed', 'suppressed', 'cancelled']],
  ['delivered', ['delivered']],
  ['delivered', ['delivered', 'bounced', 'failed', 'suppressed', 'cancelled']],
  ['complained', ['complained', 'delivered', 'sent', 'bounced']],
  ['bounced', ['bounced']],
  ['bounced', ['bounced', 'failed', 'suppressed', 'cancelled']],
  ['failed', ['failed', 'suppressed', 'cancelled']],
  ['cancelled', ['cancelled', 'suppressed']],
  ['suppressed', ['suppressed', 'suppressed']],
])('%s: %j', (status, recipients) => {
  expect(messageStatus(recipients)).toBe(status);
  expect(messageStatus(recipients.toReversed())).toBe(status);
});
