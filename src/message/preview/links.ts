/** The links of a mail. */

import { Parser } from 'htmlparser2';
import { MAX_DEPTH, TooDeep } from './clean-html.ts';

export interface MailLink {
  readonly url: string;
  /** What a reader sees of it; empty for a picture without words. */
  readonly text: string;
}

export const MAX_LINKS = 200;
const MAX_TEXT = 200;
const MAX_URL = 4_000;

/** Each address once, in the order of the HTML. */
export function linksOf(html: string): readonly MailLink[] {
  const links = new Map<string, string>();
  let open: string | undefined;
  let depth = 0;
  const parser = new Parser({
    onopentag(name, { href = '', alt = '' }) {
      depth += 1;
      if (depth > MAX_DEPTH) throw new TooDeep();
      if (name === 'img' && open !== undefined) add(open, alt);
      if (name !== 'a') return;
      const url = href.trim();
      open = /^(?:https?|mailto|tel):/i.test(url) && url.length <= MAX_URL ? url : undefined;
      if (open !== undefined && (links.has(open) || links.size < MAX_LINKS)) add(open, '');
      else open = undefined;
    },
    ontext(text) {
      if (open !== undefined) add(open, text);
    },
    onclosetag(name) {
      depth -= 1;
      if (name === 'a') open = undefined;
    },
  });
  const add = (url: string, text: string) => {
    const before = links.get(url) ?? '';
    if (before.length < MAX_TEXT) links.set(url, `${before}${text}`.slice(0, MAX_TEXT));
    else if (!links.has(url)) links.set(url, '');
  };
  parser.end(html);
  return [...links].map(([url, text]) => ({ url, text: text.replaceAll(/\s+/g, ' ').trim() }));
}
