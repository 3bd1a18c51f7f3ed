/** Texts of triggers and rules with placeholders for what an event says, such as `{{data.email}}`. */

import { IepError } from '../core/errors.ts';
import { fillText, newRoom } from '../core/fill-text.ts';

type FilledTexts = { readonly texts: readonly string[] } | { readonly reason: string };

/** What their placeholders name; a list is each of its texts. */
export function fillTexts(texts: readonly string[], facts: object): FilledTexts {
  try {
    return filledTexts(texts, facts);
  } catch (error) {
    if (error instanceof IepError) return { reason: error.message };
    throw error;
  }
}

function filledTexts(texts: readonly string[], facts: object): FilledTexts {
  const found: string[] = [];
  const room = newRoom();
  for (const text of texts) {
    const filled = fillText(text, facts, room);
    const values = Array.isArray(filled) ? filled : [filled];
    if (values.some((value) => typeof value !== 'string' && typeof value !== 'number') || values.length === 0) {
      return { reason: `${text} names nothing to write to` };
    }
    found.push(...values.map(String));
  }
  return { texts: [...new Set(found)] };
}
