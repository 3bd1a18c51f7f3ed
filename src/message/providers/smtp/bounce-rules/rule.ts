/** A row of the table of what SMTP servers say, and the words that rows are made of. */

import type { BounceClass } from '../../../../core/outcome.ts';

/** What was being said when the reply came. `data` is the reply to DATA or to the message itself. */
export type Stage = 'greeting' | 'login' | 'mail' | 'rcpt' | 'data';

export interface BounceRule {
  readonly samples: readonly string[];
  /** Absent: at any stage. */
  readonly stages?: readonly Stage[];
  /** Matched against the reply code as text. */
  readonly code?: RegExp;
  /** Matched against the enhanced code; a reply without one does not match. */
  readonly enhanced?: RegExp;
  /** Matched against the whole line without its addresses: a mailbox called `spam` or `sender` says nothing. */
  readonly text?: RegExp;
  /** Must match as well. */
  readonly and?: RegExp;
  /** Must not match. */
  readonly unless?: RegExp;
  readonly means:
    | { readonly kind: 'deferred' | 'throttled' | 'unavailable'; readonly account?: true; readonly sender?: true }
    | { readonly kind: 'rejected'; readonly bounce: BounceClass };
}

export const deferred = { kind: 'deferred' } as const;
export const throttled = { kind: 'throttled' } as const;
export const notNow = { kind: 'unavailable' } as const;
export const refusedAccount = { kind: 'unavailable', account: true } as const;
export const refusedSender = { ...refusedAccount, sender: true } as const;
export const rejected = (bounce: BounceClass) => ({ kind: 'rejected', bounce }) as const;

export const toRecipient: readonly Stage[] = ['rcpt', 'data'];

/** Words for what a mail server looks up when it is asked for a recipient. */
export const who = '(?:user|recipient|mail ?box|account|addressee|address|alias|local[- ]part|person|spectator)';

/** One of these, in letters of either case. */
export function anyOf(...texts: readonly RegExp[]): RegExp {
  return new RegExp(texts.map(({ source }) => source).join('|'), 'i');
}
