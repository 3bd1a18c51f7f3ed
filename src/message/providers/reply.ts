/** Brings what a provider said into the one form that is stored and shown: a single line, bounded. */

import type { ProviderReply } from '../../core/outcome.ts';

const MAX_TEXT = 500;

/** A reply of our own making, where the other side said nothing. */
export function plainReply(text: string): ProviderReply {
  return { text: oneLine(text) };
}

export function oneLine(text: string): string {
  const clean = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT - 1)}…` : clean;
}
