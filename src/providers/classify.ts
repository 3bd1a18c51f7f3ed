/** Turns a reply into an outcome, by the table of bounce-rules.ts and, where that is silent, by the first digit. */

import type { Outcome, Reply } from '../core/outcome.ts';
import { type BounceRule, bounceRules, type Stage } from './bounce-rules.ts';

/** Judges a reply that was not a yes. `reply.code` absent: the other side said nothing that could be read. */
export function classify(reply: Reply, stage: Stage): Outcome {
  const rule = bounceRules.find((row) => matches(row, reply, stage));
  if (rule) return outcomeOf(rule, reply);
  // RFC 5321 §4.2.1: 5yz is permanent, 4yz transient. Anything else was no answer to what we asked.
  if (reply.code !== undefined && reply.code >= 500) return { kind: 'rejected', reply, bounce: 'other' };
  return { kind: 'deferred', reply };
}

function matches(rule: BounceRule, reply: Reply, stage: Stage): boolean {
  if (rule.stages && !rule.stages.includes(stage)) return false;
  if (rule.code && !rule.code.test(String(reply.code ?? ''))) return false;
  if (rule.enhanced && !rule.enhanced.test(reply.enhanced ?? '')) return false;
  return rule.text === undefined || rule.text.test(reply.text);
}

function outcomeOf({ means }: BounceRule, reply: Reply): Outcome {
  // RFC 5321 §4.2.3: 421 is "service not available", said by a server that is there.
  const isBusy = means.kind === 'unavailable' && reply.code === 421;
  if (means.kind !== 'throttled' && !isBusy) return { ...means, reply };
  const retryAfterMs = namedWait(reply.text);
  const wait = retryAfterMs !== undefined && { retryAfterMs };
  return isBusy ? { kind: 'unavailable', busy: true, reply, ...wait } : { kind: 'throttled', reply, ...wait };
}

const WAIT = /\b(?:in|after|for|wait)\s+(\d{1,5})\s*(s|sec|second|m|min|minute|h|hour)s?\b/i;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** How long the reply asks us to wait, where it names a time: `try again in 300 seconds`. */
function namedWait(text: string): number | undefined {
  const [, count, unit] = WAIT.exec(text) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  return Number(count) * (UNIT_MS[unit.charAt(0).toLowerCase()] ?? 0);
}
