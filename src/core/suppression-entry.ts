/** What may stand on a suppression list: an address, or a domain whose every address is meant. */

import { normalizeDomain } from './address.ts';
import { readMailbox } from './mailbox-list.ts';

/** What is said of an entry that would never hold. */
export const EXPIRED = 'must lie in the future';

/** As people write it: `*@example.com` for a domain. */
export function showEntryAddress(email: string): string {
  return email.startsWith('@') ? `*${email}` : email;
}

/**
 * In the one spelling that is stored: `*@example.com` and `@example.com` become `@example.com`, `Jo <jo@example.com>` its
 * address. Undefined when it is neither.
 */
export function readEntryAddress(text: string): string | undefined {
  const trimmed = text.trim();
  const [, domain] = /^\*?@([^@]+)$/.exec(trimmed) ?? [];
  if (domain === undefined) return readMailbox(trimmed)?.email.toLowerCase();
  const name = normalizeDomain(domain);
  return name === undefined ? undefined : `@${name}`;
}
