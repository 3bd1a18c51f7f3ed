/** What becomes of an entry of the suppression list when its address is put on the list again. Pure. */

import type { NewSuppression, Suppression, SuppressionChange, SuppressionReason } from '../verbs/suppressions.ts';

/** Why an address must not be mailed, the reason that weighs least first. */
const BY_WEIGHT: readonly SuppressionReason[] = ['manual', 'unsubscribe', 'hard_bounce', 'complaint'];

/** `known` suppresses now. What the new one does not say of reason and note stays; without an end it has none. */
export function changed(known: Suppression | undefined, entry: NewSuppression): Suppression {
  const note = entry.note ?? known?.note;
  return { ...entry, reason: entry.reason ?? known?.reason ?? 'manual', ...(note !== undefined && { note }) };
}

/** The same, and what is stronger in the known one stays: its reason with its note, its end. */
export function strengthened(known: Suppression | undefined, entry: NewSuppression): Suppression {
  const given = changed(undefined, entry);
  if (known === undefined) return given;
  const isStronger = BY_WEIGHT.indexOf(given.reason) > BY_WEIGHT.indexOf(known.reason);
  const note = isStronger ? (given.note ?? known.note) : (known.note ?? given.note);
  const ends = [given.expiresAt, known.expiresAt].filter((end) => end !== undefined);
  return {
    email: given.email,
    reason: isStronger ? given.reason : known.reason,
    ...(note !== undefined && { note }),
    ...(ends.length === 2 && { expiresAt: Math.max(...ends) }),
    createdAt: given.createdAt,
  };
}

/** How `next` differs from what suppressed the address before. The time of the entry does not count. */
export function changeOf(known: Suppression | undefined, next: Suppression): SuppressionChange {
  if (known === undefined) return 'added';
  const isSame = known.reason === next.reason && known.note === next.note && known.expiresAt === next.expiresAt;
  return isSame ? 'unchanged' : 'changed';
}
