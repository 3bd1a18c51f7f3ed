/** The nouns of notifications: recipients, deliveries and why they wait. Pure types and the constants that name their states. */

import { IepError } from './errors.ts';

export const notificationStatuses = [
  'pending',
  'held',
  'sent',
  'delivered',
  'failed',
  'skipped',
  'cancelled',
  'acknowledged',
] as const;
export type NotificationStatus = (typeof notificationStatuses)[number];

export const heldReasons = ['quiet_hours', 'digest', 'grouped', 'rate_limited'] as const;
export type HeldReason = (typeof heldReasons)[number];

export const skippedReasons = ['preference', 'unsubscribed', 'suppressed', 'no_address'] as const;
export type SkippedReason = (typeof skippedReasons)[number];

export const windowKinds = ['group', 'rate', 'digest'] as const;
/** `group`: one went, the rest follow. `rate`: so many go, the rest follow. `digest`: all go together. */
export type WindowKind = (typeof windowKinds)[number];

/** Whom a delivery is for, as one text: `subscriber:ID`, `email:ADDRESS`, `channel:NAME`. */
export type RecipientText = `${'subscriber' | 'email' | 'channel'}:${string}`;

export interface RecipientRef {
  readonly kind: 'subscriber' | 'email' | 'channel';
  readonly name: string;
}

export function recipientText({ kind, name }: RecipientRef): RecipientText {
  return `${kind}:${name}`;
}

export function readRecipient(text: string): RecipientRef {
  const at = text.indexOf(':');
  return { kind: text.slice(0, at) as RecipientRef['kind'], name: text.slice(at + 1) };
}

/** A line of what became of a delivery. */
export interface DeliveryStep {
  readonly at: number;
  readonly status: NotificationStatus;
  readonly reason?: string;
  readonly until?: number;
  /** What would have stood against it, had it not been critical. */
  readonly passed?: readonly string[];
}

const AGAIN = 'Another notification was decided at the same time; decide again.';

/** What a decision rested on is so no more: nothing was written. */
export function decideAgain(): IepError {
  return new IepError('conflict', AGAIN);
}

export function mustDecideAgain(error: unknown): boolean {
  return error instanceof IepError && error.code === 'conflict' && error.message === AGAIN;
}
