/** The end of an attempt, for one recipient. Outcomes are values: an expected failure of delivery is never an exception. */

/** What a provider said, bounded; safe to store and show. */
export interface ProviderReply {
  /** One line, at most 500 characters; the provider's own secrets are cut out before it leaves `providers/`. */
  readonly text: string;
  /** SMTP reply code or HTTP status. */
  readonly code?: number;
  /** RFC 3463 enhanced status, such as `5.1.1`. */
  readonly enhanced?: string;
}

/** Why a recipient was refused; the suppression list counts only `hard` (seed 001 §12). */
export type BounceClass = 'hard' | 'soft' | 'policy' | 'content' | 'other';

export type Outcome =
  /** The provider took responsibility for this recipient. */
  | { readonly kind: 'delivered'; readonly reply: ProviderReply }
  /** A transient failure: counts as an attempt, tried again later. */
  | { readonly kind: 'deferred'; readonly reply: ProviderReply }
  /** A permanent failure: never tried again. */
  | { readonly kind: 'rejected'; readonly reply: ProviderReply; readonly bounce: BounceClass }
  /** The provider slows us down (421, 452, a named rate): counts no attempt. */
  | {
      readonly kind: 'throttled';
      readonly reply: ProviderReply;
      readonly retryAfterMs?: number;
      readonly refused?: Refused;
    }
  /**
   * The provider could not be reached or would not talk: another provider may be tried at once. `busy`: it was reached
   * and said 421, "not now"; that slows it like a throttled reply, and counts no attempt. `account`: it will not have us
   * (a refused login, a suspended account), which says nothing of the message; until somebody has put that right, no
   * message is tried there. `sender`, beside it: it will not have mail of this sender (an identity that is not verified there),
   * and goes on with that of others.
   */
  | {
      readonly kind: 'unavailable';
      readonly reply: ProviderReply;
      readonly busy?: true;
      readonly account?: true;
      readonly sender?: true;
      readonly retryAfterMs?: number;
      readonly refused?: Refused;
    }
  /** The message may have been accepted: the connection died after its data was sent. */
  | { readonly kind: 'unknown'; readonly reply: ProviderReply };

/** The provider turned a connection away, not a message: with others that deliver, it was one too many. */
export interface Refused {
  /** Connections to it that stood at that moment. */
  readonly others: number;
  /** It had carried no message yet. */
  readonly isNew: boolean;
}

export const outcomeKinds = [
  'delivered',
  'deferred',
  'rejected',
  'throttled',
  'unavailable',
  'unknown',
] as const satisfies readonly Outcome['kind'][];
export type OutcomeKind = Outcome['kind'];

/** Asks us to come back later and says nothing of the message: slows the provider and counts no attempt. */
export function asksToWait(
  outcome: Outcome,
): outcome is Outcome & ({ readonly kind: 'throttled' } | { readonly kind: 'unavailable'; readonly busy: true }) {
  return outcome.kind === 'throttled' || (outcome.kind === 'unavailable' && outcome.busy === true);
}

/** Whether it is the account that is refused rather than the message. */
export function isOfAccount(outcome: Outcome): boolean {
  return outcome.kind === 'unavailable' && outcome.account === true;
}

/** Whether it is the sender of this message alone. */
export function isOfSender(outcome: Outcome): boolean {
  return outcome.kind === 'unavailable' && outcome.sender === true;
}

/** What one attempt at one provider gave, for each recipient that was handed over. */
export interface AttemptReport {
  /** Configured name of the provider; empty where none was asked. */
  readonly provider: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** By recipient position. */
  readonly outcomes: ReadonlyMap<number, Outcome>;
  /** What the provider calls the message, by recipient position, where it says. */
  readonly ids?: ReadonlyMap<number, string>;
  /** Exact bytes the provider was given, where it keeps them (`capture`). */
  readonly kept?: Uint8Array;
  /** What was said on the wire, bounded, without credentials; of attempts that did not succeed for everybody. */
  readonly transcript?: string;
}

/** One provider stepped in for another. */
export interface Failover {
  readonly from: string;
  readonly to: string;
  readonly at: number;
  /** How the attempt at `from` ended; `unavailable` also where it was passed over untried. */
  readonly outcome: OutcomeKind;
  /** What `from` said, or why it was passed over. */
  readonly reply: string;
}
