/** Who a submission goes to, and whom it may say it is from. */

import { domainOf, normalizeAddress } from '../core/address.ts';
import type { RecipientKind, Submission } from '../core/message.ts';

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

/**
 * The domain of From, of the reverse path or of another sender that is neither an allowed one nor below one; undefined when
 * all are allowed.
 * An empty list allows any; the null sender has no domain.
 */
export function forbiddenSenderDomain(submission: Submission, allowed: readonly string[]): string | undefined {
  if (allowed.length === 0) return undefined;
  const { from, envelopeFrom = '', otherSenders = [] } = submission;
  const senders = [from.email, envelopeFrom, ...otherSenders].filter((address) => address !== '');
  return senders
    .map((address) => domainOf(normalizeAddress(address) ?? address))
    .find((domain) => !isWithin(domain, allowed));
}

/** Whether the domain is one of those, or below one. */
export function isWithin(domain: string, domains: readonly string[]): boolean {
  return domains.some((one) => domain === one || domain.endsWith(`.${one}`));
}
