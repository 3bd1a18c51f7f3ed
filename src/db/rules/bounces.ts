/** When what came back puts an address on the suppression list: hard bounces that are one too many; a complaint or an unsubscription at once. */

import type { NewEvent } from '../verbs/events.ts';
import type { Evidence, Suppression } from '../verbs/suppressions.ts';
import { strengthened } from './suppression-merge.ts';

/** How many hard bounces of an address suppress it where the tenant says nothing (seed 001 §12). */
const DEFAULT_HARD_BOUNCES = 3;
/** Pieces of evidence that an entry keeps, the newest. */
const KEPT_EVIDENCE = 10;

/** `bounces`: one for each message, oldest first, with the newest. `limit`: the tenant's setting. */
export function areTooMany(bounces: readonly Evidence[], limit: number | undefined): boolean {
  return bounces.length >= (limit ?? DEFAULT_HARD_BOUNCES);
}

export function entryOfBounces(email: string, at: number, bounces: readonly Evidence[]): Suppression {
  return { email, reason: 'hard_bounce', createdAt: at, evidence: bounces.slice(-KEPT_EVIDENCE) };
}

/** A complaint takes the place of whatever suppressed the address before, and keeps what was known against it. */
export function entryOfComplaint(email: string, known: readonly Evidence[], complaint: Evidence): Suppression {
  return {
    email,
    reason: 'complaint',
    createdAt: complaint.at,
    evidence: [...known, complaint].slice(-KEPT_EVIDENCE),
  };
}

/** Who unsubscribes is not mailed any more. `active`: the entry that suppresses the address now; it is never weakened. */
export function entryOfUnsubscribe(
  email: string,
  { active, known }: { readonly active: Suppression | undefined; readonly known: readonly Evidence[] },
  unsubscribe: Evidence,
): Suppression {
  return {
    ...strengthened(active, { email, reason: 'unsubscribe', createdAt: unsubscribe.at }),
    evidence: [...known, unsubscribe].slice(-KEPT_EVIDENCE),
  };
}

/** The event of a bounce says where it was the one too many. */
export function tellingOfSuppression(event: NewEvent, suppressed: ReadonlySet<string>): NewEvent {
  if (event.type !== 'bounced' || !suppressed.has(event.recipient ?? '')) return event;
  return { ...event, data: { ...event.data, suppressed: true } };
}
