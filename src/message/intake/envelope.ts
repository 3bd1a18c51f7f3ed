/** The recipients of a submission, and the senders that it may name. */

import { domainOf, normalizeAddress } from '../../core/address.ts';
import type { RecipientKind, Submission } from '../../core/message.ts';

export interface EnvelopeRecipient {
  readonly address: string;
  readonly kind: RecipientKind;
}

/** Each recipient once, in order, as the first kind that names it. The list of SMTP's RCPT, where there is one, is all of them. */
export function envelopeRecipients(submission: Submission): readonly EnvelopeRecipient[] {
  const { to, cc = [], bcc = [], rcpt } = submission;
  const kinds = new Map<string, RecipientKind>();
  const add = (text: string, kind: RecipientKind) => {
    const address = normalizeAddress(text) ?? text;
    if (!kinds.has(address)) kinds.set(address, kind);
  };
  if (rcpt !== undefined) {
    for (const address of rcpt) add(address, 'rcpt');
  } else {
    for (const { email } of to) add(email, 'to');
    for (const { email } of cc) add(email, 'cc');
    for (const { email } of bcc) add(email, 'bcc');
  }
  return Array.from(kinds, ([address, kind]) => ({ address, kind }));
}

/** Whom a submission says that it is from. */
export type Senders = Pick<Submission, 'from' | 'envelopeFrom' | 'otherSenders'>;

/** The domains of From, of the reverse path and of other senders; the null sender has none. */
export function senderDomainsOf({ from, envelopeFrom = '', otherSenders = [] }: Senders): readonly string[] {
  return [from.email, envelopeFrom, ...otherSenders]
    .filter((address) => address !== '')
    .map((address) => domainOf(normalizeAddress(address) ?? address));
}

/** The first of them that is neither one of those nor below one; undefined when there is none. */
export function forbiddenSenderDomain(submission: Senders, allowed: readonly string[]): string | undefined {
  return senderDomainsOf(submission).find((domain) => !isWithin(domain, allowed));
}

/** Whether the domain is one of those, or below one. */
export function isWithin(domain: string, domains: readonly string[]): boolean {
  return domains.some((one) => domain === one || domain.endsWith(`.${one}`));
}
