/** What filters of all lists take. A blank one is refused: it would match everything, and a change of what it finds would change all. */

import * as z from 'zod';
import { domainOf, normalizeDomain } from '../core/address.ts';
import { readMailbox } from '../core/mailbox-list.ts';

const MAX_LENGTH = 320;
const MAX_WORDS = 10;

export const filterText = z
  .string()
  .trim()
  .min(1, 'is blank; leave it out to have everything')
  .max(MAX_LENGTH, `is too long; it may have ${MAX_LENGTH} characters`);

export const filterWords = filterText.refine(
  (text) => text.split(/\s+/).length <= MAX_WORDS,
  `has too many words; it may have ${MAX_WORDS}`,
);

/** An address in any spelling, also with a name; or `@domain` for all there. */
export const filterAddress = filterText.transform((text, context): string => {
  const address = readAddress(text);
  if (address !== undefined) return address;
  context.addIssue({ code: 'custom', message: 'must be an address or @domain' });
  return z.NEVER;
});

/** Undefined where it is neither. */
export function readAddress(text: string): string | undefined {
  if (!text.startsWith('@')) return readMailbox(text)?.email;
  const domain = normalizeDomain(domainOf(text));
  return domain === undefined ? undefined : `@${domain}`;
}
