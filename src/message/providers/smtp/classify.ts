/** Turns a reply of SMTP into an outcome, by the table of bounce-rules.ts and, where that is silent, by the first digit. */

import { asksToWait, type Outcome, type ProviderReply } from '../../../core/outcome.ts';
import { isAboutNumber } from './bounce-rules/pace.ts';
import type { BounceRule, Stage } from './bounce-rules/rule.ts';
import { bounceRules } from './bounce-rules.ts';

/** Of whom a reply may speak. */
export interface Addresses {
  readonly sender: string;
  readonly recipient: string;
  /** The reply is to a message with other recipients too, and may mean one of them. */
  readonly isOneOfMany?: boolean;
}

/** Judges a reply that was not a yes. `reply.code` absent: the other side said nothing that could be read. */
export function classify(reply: ProviderReply, stage: Stage, about?: Addresses): Outcome {
  const outcome = byTable(reply, stage);
  const isHard = outcome.kind === 'rejected' && outcome.bounce === 'hard';
  if (!isHard || !about) return outcome;
  const said = reply.text.toLowerCase();
  const names = (address: string) => address !== '' && said.includes(address.toLowerCase());
  if (names(about.recipient)) return outcome;
  // A server that verifies the sender may say "no such user" of it, in whatever words.
  if (names(about.sender)) return { ...outcome, bounce: 'policy' };
  return about.isOneOfMany === true ? { ...outcome, bounce: 'other' } : outcome;
}

function byTable(reply: ProviderReply, stage: Stage): Outcome {
  const said = withoutAddresses(reply.text);
  const rule = bounceRules.find((row) => matches(row, { reply, said, stage }));
  if (rule) return outcomeOf(rule, reply);
  // RFC 5321 §4.2.1: 5yz is permanent, 4yz transient. Anything else was no answer to what we asked.
  if (reply.code !== undefined && reply.code >= 500) return { kind: 'rejected', reply, bounce: 'other' };
  return { kind: 'deferred', reply };
}

/** The server did not refuse this recipient, but one more of them in the same transaction; some close over it, with 421. */
export function refusesNumber(outcome: Outcome): boolean {
  return asksToWait(outcome) && isAboutNumber(withoutAddresses(outcome.reply.text));
}

/** A reply, and its text without addresses. */
interface Heard {
  readonly reply: ProviderReply;
  readonly said: string;
  readonly stage: Stage;
}

function matches(rule: BounceRule, { reply, said, stage }: Heard): boolean {
  if (rule.stages && !rule.stages.includes(stage)) return false;
  if (rule.code && !rule.code.test(String(reply.code ?? ''))) return false;
  if (rule.enhanced && !rule.enhanced.test(reply.enhanced ?? '')) return false;
  if (rule.unless?.test(said) === true) return false;
  return (rule.text?.test(said) ?? true) && (rule.and?.test(said) ?? true);
}

/** A mailbox may be called anything: what it is called must not decide what the server meant. */
function withoutAddresses(text: string): string {
  if (!text.includes('@')) return text;
  return text
    .split(/([\s<>()[\]:;,]+)/)
    .map((word) => (word.includes('@') ? '' : word))
    .join('');
}

function outcomeOf({ means }: BounceRule, reply: ProviderReply): Outcome {
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
