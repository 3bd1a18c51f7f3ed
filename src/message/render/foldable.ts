/** Header text that can be folded into lines which are neither too long nor all white space (RFC 5322 §2.1.1, §2.2.3). */

import { encodeWord } from 'nodemailer/lib/mime-funcs';

/** A run as long as a line would make a line of nothing else, where some readers see the end of the header. */
const LONG_WHITE_SPACE = /[ \t]{40,}/g;
/** A line may have 998 octets; folding needs a space. */
const UNFOLDABLE_LENGTH = 900;
const ENCODED_WORD_LENGTH = 52;

/** A text that readers show as it was written, also where it looks like an encoded word. */
export function literal(text: string): string {
  return text.includes('=?') ? encodeWord(text.trim(), 'Q', ENCODED_WORD_LENGTH) : foldable(text);
}

/** The same text; a run of white space as long as a line is one space, a word that no line takes is encoded (RFC 2047). */
export function foldable(text: string): string {
  const trimmed = text.replace(LONG_WHITE_SPACE, ' ').trim();
  const isFoldable = trimmed.split(/\s/).every((word) => word.length < UNFOLDABLE_LENGTH);
  return isFoldable ? trimmed : encodeWord(trimmed, 'Q', ENCODED_WORD_LENGTH);
}
