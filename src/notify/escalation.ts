/** Escalations: which step comes when, for as long as nobody acknowledges. Pure. */

import type { EscalationPolicySpec, EscalationStep } from '../core/notification.ts';

/** A policy under way, as the store keeps it. */
export interface Escalation extends EscalationPolicySpec {
  readonly policy: string;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Steps that were taken, those of repetitions among them. */
  readonly taken: number;
  /** What the notification is grouped by. */
  readonly group?: string;
  /** Where that stands, in the data of what ends it too. */
  readonly groupBy?: string;
}

const MINUTE_MS = 60_000;

/** The step after those that were taken, and when it is due; undefined: that was the last. */
export function nextStep(state: Escalation): { readonly step: EscalationStep; readonly at: number } | undefined {
  const { steps, repeat, taken, startedAt } = state;
  const step = steps[taken % steps.length];
  if (step === undefined || taken >= steps.length * (1 + repeat)) return undefined;
  const round = Math.floor(taken / steps.length);
  return { step, at: startedAt + (round * periodOf(steps) + step.afterMinutes) * MINUTE_MS };
}

/** All begins again as long after the last step as that came after the one before; after a minute at least. */
function periodOf(steps: readonly EscalationStep[]): number {
  const last = steps.at(-1)?.afterMinutes ?? 0;
  const before = steps.at(-2)?.afterMinutes ?? 0;
  return last + Math.max(1, last - before);
}

/** Whether the event ends it: its type fits, and it is about the same. */
export function isResolvedBy(
  { resolveOn, group }: Pick<Escalation, 'resolveOn' | 'group'>,
  event: { readonly type: string; readonly group: string | undefined },
): boolean {
  if (resolveOn === undefined || !fitsType(resolveOn, event.type)) return false;
  return group === undefined || group === event.group;
}

/** `job.*` is the beginning of a type. */
export function fitsType(pattern: string, type: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}
