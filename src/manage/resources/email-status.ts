/** What became of an e-mail, in the words of seed 000: conditions of its resource, and events. */

import type { EventType, LoggedEvent } from '../../core/message.ts';
import type { MessageDetail } from '../../db/verbs/messages.ts';

export const emailStates = [
  ...(['email.sent', 'email.delivered', 'email.delivery_delayed', 'email.complained', 'email.bounced'] as const),
  ...(['email.opened', 'email.clicked', 'email.failed'] as const),
] as const;
export type EmailState = (typeof emailStates)[number];

const stateOf: Partial<Record<EventType, EmailState>> = {
  sent: 'email.sent',
  delivered: 'email.delivered',
  delivery_delayed: 'email.delivery_delayed',
  retry_scheduled: 'email.delivery_delayed',
  complained: 'email.complained',
  bounced: 'email.bounced',
  opened: 'email.opened',
  clicked: 'email.clicked',
  failed: 'email.failed',
  dlq: 'email.failed',
};

/** `reason` and `action` of an EmailEvent, by what happened. */
const wordsOf: Readonly<
  Record<EmailState, { readonly reason: string; readonly action: string; readonly said: string }>
> = {
  'email.sent': { reason: 'SendingSuccessful', action: 'EmailSent', said: 'handed over' },
  'email.delivered': { reason: 'DeliverySuccessful', action: 'EmailDelivered', said: 'delivered' },
  'email.delivery_delayed': { reason: 'DeliveryDelayed', action: 'EmailDeliveryDelayed', said: 'delayed' },
  'email.complained': { reason: 'Complained', action: 'EmailComplained', said: 'complained about' },
  'email.bounced': { reason: 'DeliveryFailed', action: 'EmailBounced', said: 'returned' },
  'email.opened': { reason: 'Opened', action: 'EmailOpened', said: 'opened' },
  'email.clicked': { reason: 'Clicked', action: 'EmailClicked', said: 'clicked' },
  'email.failed': { reason: 'SendingFailed', action: 'EmailFailed', said: 'not sent' },
};

const warnings: readonly EmailState[] = ['email.delivery_delayed', 'email.complained', 'email.bounced', 'email.failed'];

/** `phase` is the status of the message: `Queued`, `Sent`. */
export function emailStatus({ id, status, events }: MessageDetail) {
  const newest = new Map<EmailState, LoggedEvent>();
  for (const event of events) {
    const state = stateOf[event.type];
    if (state !== undefined) newest.set(state, event);
  }
  return {
    phase: status.charAt(0).toUpperCase() + status.slice(1),
    messageId: id,
    conditions: [...newest].map(([type, event]) => ({
      ...{ type, status: 'True', reason: wordsOf[type].reason, message: messageOf(type, event) },
      lastTransitionTime: new Date(event.at).toISOString(),
    })),
  };
}

/** Undefined: seed 000 knows no such event. */
export function emailEvent(event: LoggedEvent) {
  const state = stateOf[event.type];
  if (state === undefined) return undefined;
  const { reason, action } = wordsOf[state];
  const { provider } = event.data;
  return {
    ...{ reason, message: messageOf(state, event) },
    source: { component: typeof provider === 'string' ? `iep-provider-${provider}` : 'iep' },
    type: warnings.includes(state) ? 'Warning' : 'Normal',
    action,
  };
}

/** What an EmailEvent says by its `action`; undefined where it is none of these. */
export function stateOfAction(action: string): EmailState | undefined {
  return emailStates.find((state) => wordsOf[state].action === action);
}

function messageOf(state: EmailState, { recipient, at }: LoggedEvent): string {
  const to = recipient === undefined ? '' : ` to ${recipient}`;
  return `Message ${wordsOf[state].said}${to} at ${new Date(at).toISOString()}`;
}
