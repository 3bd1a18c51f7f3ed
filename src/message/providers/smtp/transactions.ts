/**
 * A message with more recipients than a server takes at once goes in several transactions (RFC 5321 §4.5.3.1.10), all of one
 * attempt. How many it takes is a setting, and what it says when it is given too many. Where each recipient has a return path,
 * each has a transaction, for that has one sender.
 */

import type { Clock } from '../../../core/clock.ts';
import type { Outcome } from '../../../core/outcome.ts';
import { givenAway, oneCopyEach } from '../one-copy.ts';
import type { BetweenRequests, Parcel, SendResult } from '../provider.ts';
import { refusesNumber } from './classify.ts';

type Recipients = Parcel['recipients'];

export interface RecipientLimit {
  now(): number;
  learn(limit: number): void;
}

/** At the beginning of a reply. */
const CODES = /^\d{3}(?: [245]\.\d{1,3}\.\d{1,3})?/;
/** What a server said once may have been a whim of the hour. */
const LEARNED_FOR_MS = 3_600_000;

export function createRecipientLimit(clock: Clock, most: number): RecipientLimit {
  let learned = most;
  let until = Number.NEGATIVE_INFINITY;
  return {
    now: () => (clock.monotonic() < until ? learned : most),
    learn(limit) {
      learned = Math.max(1, limit);
      until = clock.monotonic() + LEARNED_FOR_MS;
    },
  };
}

export async function inTransactions(
  parcel: Parcel,
  { limit, between }: { readonly limit: RecipientLimit; readonly between?: BetweenRequests | undefined },
  transact: (part: Parcel) => Promise<SendResult>,
): Promise<SendResult> {
  // Nearly all mail: there is nothing to divide.
  if (parcel.recipients.length === 1) return transact(withReturnPath(parcel));
  const outcomes = new Map<number, Outcome>();
  let results: Omit<SendResult, 'outcomes'> = {};
  const copies = oneCopyEach(parcel.recipients);
  let open = copies.recipients;
  while (open.length > 0) {
    const part = open.slice(0, parcel.returnPath ? 1 : limit.now());
    const { outcomes: given, ...result } = await transact(withReturnPath({ ...parcel, recipients: part }));
    results = { ...results, ...result };
    const left = leftOver(part, given, limit);
    const isLeft = new Set(left.map(({ position }) => position));
    const ended = new Map([...given].filter(([position]) => !isLeft.has(position)));
    for (const [position, outcome] of ended) outcomes.set(position, outcome);
    open = [...left, ...open.slice(part.length)];
    if (open.length === 0) break;
    const stopped =
      (left.length === 0 ? whyStop(given) : undefined) ??
      (!between || (await between({ outcomes: copies.forAll(ended) })) ? undefined : givenAway);
    if (stopped) {
      for (const { position } of open) outcomes.set(position, stopped);
      break;
    }
  }
  return { outcomes: copies.forAll(outcomes), ...results };
}

/** Of the only recipient. */
function withReturnPath(parcel: Parcel): Parcel {
  const { returnPath, recipients } = parcel;
  const [recipient] = recipients;
  return returnPath && recipient ? { ...parcel, envelopeFrom: returnPath(recipient.position) } : parcel;
}

/** Those that were too many for this transaction and go in the next. Alone, a recipient cannot be one too many. */
function leftOver(part: Recipients, given: SendResult['outcomes'], limit: RecipientLimit): Recipients {
  if (part.length === 1) return [];
  const left = part.filter(({ position }) => {
    const outcome = given.get(position);
    return outcome !== undefined && refusesNumber(outcome);
  });
  const said = given.get(left[0]?.position ?? 0);
  if (left.length === 0) return [];
  // Where it closed the connection, those before the one too many were not taken either.
  const isWhole = left.length === part.length || said?.kind === 'unavailable';
  limit.learn(isWhole ? fewer(said, part.length) : part.length - left.length);
  return left;
}

/** The whole transaction was refused: what the reply names as the most, else half. */
function fewer(outcome: Outcome | undefined, tried: number): number {
  const text = outcome?.reply.text.replace(CODES, '') ?? '';
  const named = Number(/\d{1,5}/.exec(text)?.[0]);
  return named > 0 && named < tried ? named : tried >> 1;
}

/** The server takes no more now, so that the rest is not tried: it gets the same outcome. */
function whyStop(given: SendResult['outcomes']): Outcome | undefined {
  const outcomes = [...given.values()];
  const first = outcomes[0];
  const isShut = (outcome: Outcome) => outcome.kind === 'unavailable' || outcome.kind === 'throttled';
  return first && outcomes.every(isShut) ? first : undefined;
}
