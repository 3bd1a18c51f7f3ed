/**
 * CSS of a stranger, parsed. The parser puts a picture of the whole text into each mistake that it tells, so that a text of nothing but
 * mistakes would cost the square of its length: what has more of them than anybody makes is not read on.
 */

import type { CssNode, ParseOptions } from 'css-tree';
import parse from 'css-tree/parser';

export const MAX_MISTAKES = 500;

export class TooManyMistakes extends Error {
  constructor() {
    super(`its CSS has more than ${MAX_MISTAKES} mistakes`);
    this.name = 'TooManyMistakes';
  }
}

/** Throws `TooManyMistakes`. */
export function parseCss(css: string, options: Omit<ParseOptions, 'onParseError'>): CssNode {
  let mistakes = 0;
  return parse(css, {
    ...options,
    onParseError() {
      mistakes += 1;
      if (mistakes > MAX_MISTAKES) throw new TooManyMistakes();
    },
  });
}
