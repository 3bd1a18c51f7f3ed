/** Texts of triggers and rules with placeholders for what an event says, such as `{{data.email}}`. */

import { fillText } from '../core/fill-text.ts';

/** What their placeholders name; a list is each of its texts. */
export function fillTexts(
  texts: readonly string[],
  facts: object,
): { readonly texts: readonly string[] } | { readonly reason: string } {
  const found: string[] = [];
  for (const text of texts) {
    const filled = fillText(text, facts);
    const values = Array.isArray(filled) ? filled : [filled];
    if (values.some((value) => typeof value !== 'string' && typeof value !== 'number') || values.length === 0) {
      return { reason: `${text} names nothing to write to` };
    }
    found.push(...values.map(String));
  }
  return { texts: [...new Set(found)] };
}
