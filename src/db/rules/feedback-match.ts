/** Which of the messages that feedback may mean it means, and which recipient of it. Pure. */

import { normalizeAddress } from '../../core/address.ts';
import type { BounceReason, NewFeedback } from '../verbs/feedback.ts';
import { isHardBounce } from './next-status.ts';

/** A message that has the id which the feedback names. */
export interface Candidate {
  readonly seq: number;
  readonly tenantNo: number;
  readonly recipients: readonly { readonly position: number; readonly address: string }[];
}

export interface Meant {
  readonly seq: number;
  /** Absent: the message has several recipients, and none of them is named. */
  readonly recipient?: { readonly position: number; readonly address: string };
}

/**
 * `candidates`, newest first. One with the recipient that is named counts before others; a forwarded copy comes back for an
 * address that IEP never wrote to, so that a message to one alone is meant even so. A `Message-ID` is whatever its sender
 * wrote: where messages of several tenants have it, nobody can tell whose is meant, and none is.
 */
export function meantOf(candidates: readonly Candidate[], address: string | undefined): Meant | undefined {
  const sought = address?.toLowerCase();
  const named = meaning(candidates, ({ recipients }) => recipients.find((one) => one.address.toLowerCase() === sought));
  const only = meaning(candidates, ({ recipients }) => (recipients.length === 1 ? recipients[0] : undefined));
  const all: readonly (Candidate & Pick<Meant, 'recipient'>)[] = candidates;
  const [first, ...others] = [named, only, all].find((some) => some.length > 0) ?? [];
  if (first === undefined || others.some(({ tenantNo }) => tenantNo !== first.tenantNo)) return undefined;
  const { seq, recipient } = first;
  return { seq, ...(recipient !== undefined && { recipient }) };
}

/**
 * What a bounce says of the recipient that it was matched to. Where another address failed, to which the recipient's mail is forwarded
 * or that is on the recipient's list, the mail may well have come to the recipient: nothing is held against that, unless the reply
 * names it. Undefined: what it says of itself.
 */
export function lesserClass(
  { data, recipient, finalRecipient = recipient }: Pick<NewFeedback, 'data' | 'recipient' | 'finalRecipient'>,
  address: string,
): BounceReason | undefined {
  if (data.class !== 'hard' || finalRecipient === undefined) return undefined;
  const sought = comparable(address);
  if (comparable(finalRecipient) === sought) return undefined;
  const said = typeof data.diagnostic === 'string' ? data.diagnostic.split(SEPARATORS) : [];
  return said.some((word) => comparable(word) === sought) ? undefined : 'soft';
}

/**
 * Whether a claim counts against nobody. A complaint or an unsubscription suppresses at once, and every reader of the message could
 * make one up about its other recipients; so they could a hard bounce, where the message has others. `isToOne`: it has one recipient.
 */
export function isHeldBack(
  { kind, data, isUnproved = false }: Pick<NewFeedback, 'kind' | 'data' | 'isUnproved'>,
  { isToOne }: { readonly isToOne: boolean },
): boolean {
  if (!isUnproved) return false;
  return kind === 'complained' || kind === 'unsubscribed' || (isHardBounce({ kind, data }) && !isToOne);
}

/** What stands around an address in a reply. */
const SEPARATORS = /[\s<>()[\]:;,"']+/;

/** Servers write domains as the wire has them. */
function comparable(address: string): string {
  return (normalizeAddress(address) ?? address).toLowerCase();
}

type Addressee = Candidate['recipients'][number];

/** Those in which a recipient is found, with it. */
function meaning(candidates: readonly Candidate[], find: (candidate: Candidate) => Addressee | undefined) {
  return candidates.flatMap((candidate) => {
    const recipient = find(candidate);
    return recipient === undefined ? [] : [{ ...candidate, recipient }];
  });
}

/** `sure`: the provider names the message by the id that it gave it. `likely`: nothing speaks against it. `none`: somebody else's. */
export type Trust = 'sure' | 'likely' | 'none';

/** How a message was sent, against what a provider tells of it. */
export interface Sending {
  /** It still owes an outcome: what its provider calls it may not be known yet. */
  readonly isOpen: boolean;
  /** That provider was asked to send it. */
  readonly isTried: boolean;
  /** By the id that is told. */
  readonly isNamed: boolean;
  /** Another id is told than those that the provider gave it, whenever it took it. */
  readonly isOther: boolean;
}

/**
 * Whether what a provider tells may be about a message whose id, or Message-ID, stands in it. Any tenant of the provider may have
 * written that into a message of its own, and the key of one provider proves nothing about the mail of another.
 */
export function trustOf({ isOpen, isTried, isNamed, isOther }: Sending): Trust {
  if (isNamed) return 'sure';
  if (isOpen) return 'likely';
  return isTried && !isOther ? 'likely' : 'none';
}
