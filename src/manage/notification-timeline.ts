/** A notification's history in words: why each part of it came, waited or did not come. */

import type { NotificationTarget } from '../core/notification.ts';
import { type DeliveryStep, readRecipient } from '../core/notification-delivery.ts';
import { rfc3339 } from '../core/rfc3339.ts';
import type { ListedNotification, NotificationDelivery } from '../db/verbs/notifications.ts';
import { type Escalation, nextStep } from '../notify/escalation.ts';

export interface TimelineLine {
  readonly at: number;
  readonly text: string;
}

export function notificationTimeline(
  notification: ListedNotification,
  deliveries: readonly NotificationDelivery[],
): readonly TimelineLine[] {
  const { createdAt, rule, acknowledgedAt, acknowledgedBy, cancelledAt } = notification;
  const asked = rule === undefined ? 'asked for' : `made by the rule ${rule}`;
  const lines: TimelineLine[] = [{ at: createdAt, text: asked }];
  for (const delivery of deliveries) {
    const { history, messageId, status, updatedAt } = delivery;
    const whom = whomText(delivery);
    for (const step of history) lines.push({ at: step.at, text: `${whom}: ${stepText(step, messageId)}` });
    const last = history.at(-1)?.status;
    // What became of its mail stands in the history of the message, and here in short.
    if (last !== status)
      lines.push({ at: updatedAt, text: `${whom}: ${stepText({ ...delivery, at: updatedAt }, undefined)}` });
  }
  if (acknowledgedAt !== undefined) {
    lines.push({
      at: acknowledgedAt,
      text: `acknowledged by ${acknowledgedBy ?? 'somebody'}: no further step is taken`,
    });
  }
  if (cancelledAt !== undefined) lines.push({ at: cancelledAt, text: 'cancelled' });
  lines.push(...stepAhead(notification));
  return lines
    .map((line, n) => ({ line, n }))
    .sort((a, b) => a.line.at - b.line.at || a.n - b.n)
    .map(({ line }) => line);
}

/** Who is told next, for as long as nobody acknowledges. */
function stepAhead({ isEscalating, escalation }: ListedNotification): readonly TimelineLine[] {
  if (!isEscalating || escalation === undefined) return [];
  const state = escalation as unknown as Escalation;
  const next = nextStep(state);
  if (next === undefined) return [];
  const whom = next.step.to.map(targetText).join(', ') || 'nobody';
  return [{ at: next.at, text: `step ${state.taken + 1} tells ${whom}, unless somebody acknowledges before` }];
}

function targetText(target: NotificationTarget): string {
  if ('topic' in target) return `the topic ${target.topic}`;
  if ('channel' in target) return `the channel ${target.channel}`;
  return 'email' in target ? target.email : target.subscriber;
}

function whomText({ recipient, channel, step }: NotificationDelivery): string {
  const { kind, name } = readRecipient(recipient);
  const whom = kind === 'subscriber' ? name : kind === 'channel' ? `the channel ${name}` : name;
  return `${step > 0 ? `step ${step}, ` : ''}${whom} by ${channel}`;
}

const because: Readonly<Record<string, string>> = {
  quiet_hours: 'it is in quiet hours',
  digest: 'it gathers in a digest',
  grouped: 'another of the same kind went at once; it follows with the others',
  rate_limited: 'the limit of the type is used up; it follows with the others',
  preference: 'the subscriber turned it off',
  unsubscribed: 'the address unsubscribed from its category',
  suppressed: 'the address is on the suppression list',
  no_address: 'no address for this channel is known',
};

export function reasonText(reason: string): string {
  return because[reason] ?? reason;
}

function stepText({ status, reason, until, passed }: DeliveryStep, messageId: string | undefined): string {
  const why = reason === undefined ? '' : reasonText(reason);
  switch (status) {
    case 'pending': {
      if (until !== undefined) return `tried, and again at ${rfc3339(until)}: ${why}`;
      const how = messageId === undefined ? 'goes now' : `goes now, as message ${messageId}`;
      return passed === undefined ? how : `${how}; it is critical, and passes ${passed.map(wordsOf).join(', ')}`;
    }
    case 'held':
      return `held until ${until === undefined ? 'later' : rfc3339(until)}: ${why}`;
    case 'skipped':
      return `not sent: ${why}`;
    case 'failed':
      return why === '' ? 'failed' : `failed: ${why}`;
    case 'cancelled':
      return why === '' ? 'cancelled' : `cancelled: ${why}`;
    default:
      return status;
  }
}

function wordsOf(passed: string): string {
  return passed.replaceAll('_', ' ');
}
