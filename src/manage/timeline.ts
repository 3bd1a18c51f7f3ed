/** A message's history in words, one line an event. */

import { counted } from '../core/counted.ts';
import type { Json, LoggedEvent } from '../core/message.ts';

const UNPROVED = 'as a mail says that anybody may have written; it is held against nobody';

export function timelineText({ type, recipient, data }: Pick<LoggedEvent, 'type' | 'recipient' | 'data'>): string {
  // What comes back may name none of several.
  const whom = recipient ?? listOf(data.recipients) ?? (data.source === undefined ? 'all recipients' : 'somebody');
  const provider = text(data.provider);
  const reply = text(data.reply);
  const said = reply === undefined ? '' : `: ${reply}`;
  switch (type) {
    case 'queued':
      if (data.retry === true) return 'queued again by hand';
      if (data.rescheduled === true) return `rescheduled for ${text(data.scheduledAt)}`;
      return data.scheduledAt === undefined ? 'accepted' : `accepted, scheduled for ${text(data.scheduledAt)}`;
    case 'processing':
      return `an attempt through ${provider ?? 'a provider'}`;
    case 'sent':
      return `accepted by ${provider ?? 'the provider'} for ${whom}${said}`;
    case 'delivered':
      return `delivered to ${whom}${told(data)}`;
    case 'complained':
    case 'unsubscribed':
      if (data.way !== undefined) return `${whom} turned off ${turnedOff(data)}`;
      if (data.unproved === true) return `somebody ${type}, ${UNPROVED}${told(data)}`;
      return `${whom} ${type}${told(data)}`;
    case 'opened':
    case 'clicked':
      return read({ type, whom: recipient ?? 'somebody', data });
    case 'delivery_delayed':
      if (data.source !== undefined) return `${whom}: still on its way${told(data)}`;
      if (data.failover === true) return `${text(data.from)} could not take it, ${text(data.fallback)} steps in${said}`;
      if (data.fault === true) return `${text(data.reason)}; tried again at ${text(data.nextAttemptAt)}`;
      if (data.sender === true)
        return `${provider ?? 'the provider'} takes no mail of this sender; it waits until that is put right, and no attempt is counted${said}`;
      if (data.account === true)
        return `${provider ?? 'the provider'} refuses our account; it waits until that is put right, and no attempt is counted${said}`;
      return `${provider ?? 'the provider'} asks to wait until ${text(data.nextAttemptAt)}; no attempt is counted${said}`;
    case 'retry_scheduled':
      return `${whom}: not yet, tried again at ${text(data.nextAttemptAt)}${said}`;
    case 'failed':
    case 'bounced':
      if (data.unproved === true) return `it came back for somebody, ${UNPROVED}${told(data)}`;
      if (data.source !== undefined) return `${whom}: came back, ${text(data.class) ?? 'bounced'}${told(data)}`;
      return `${whom}: ${type}${text(data.reason) === undefined ? '' : `, ${text(data.reason)}`}${said}`;
    case 'dlq':
      if (data.reason !== undefined) return `dead letter: ${text(data.reason)}`;
      return `dead letter after ${counted(Number(data.attempts), 'attempt')}${said}`;
    case 'suppressed':
      if (data.category !== undefined) return `${whom}: not mailed, turned off: ${text(data.category)}`;
      return `${whom}: not mailed, ${text(data.reason) ?? 'on the suppression list'}`;
    case 'notification.created':
      return `asked for, ${counted(Number(data.deliveries), 'delivery', 'deliveries')}`;
    case 'notification.escalated':
      return `step ${Number(data.step)} of its escalation`;
    case 'notification.acknowledged':
      return `acknowledged by ${text(data.by) ?? 'somebody'}`;
    case 'notification.failed':
      return `${text(data.channel)} for ${text(data.recipient)} failed${data.reason === undefined ? '' : `: ${text(data.reason)}`}`;
    case 'notification.cancelled':
      return 'cancelled';
    default:
      return recipient === undefined ? type : `${type} by ${recipient}`;
  }
}

/** By what it was done: a button of the mail client, a page, a mail, or somebody who manages the tenant. */
function turnedOff({ category, way }: LoggedEvent['data']): string {
  const what = category === undefined ? 'all that can be turned off' : `"${text(category)}"`;
  return `${what} (${text(way)})`;
}

/** A program that loads pictures and follows links is not the recipient. */
function read({ type, whom, data }: { type: string; whom: string; data: LoggedEvent['data'] }): string {
  const where = text(data.url) === undefined ? '' : `: ${text(data.url)}`;
  if (data.actor !== 'machine') return `${type} by ${whom}${where}`;
  const rule = text(data.rule) === undefined ? '' : ` (${text(data.rule)})`;
  return `${type} by a machine${rule}, of the mail to ${whom}${where}`;
}

/** What the other side said, and whose provider it came by. */
function told({ source, diagnostic }: LoggedEvent['data']): string {
  const by = text(source) === undefined ? '' : ` (by ${text(source)})`;
  return text(diagnostic) === undefined ? by : `${by}: ${text(diagnostic)}`;
}

function text(value: Json | undefined): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

function listOf(value: Json | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : undefined;
}
