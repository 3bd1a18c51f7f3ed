/**
 * The text of an HTML mail, for readers and filters that do not take HTML: everything that it says, and its links. Goes over
 * the tags as they stand and builds no tree, so that it takes time in proportion to the HTML whatever is left open or nests
 * in it, and end tags that HTML lets one leave out (WHATWG 13.1.2.4) make no difference.
 */

import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2';
import { createTextLines } from './text-lines.ts';

/** Elements that stand on lines of their own: with an empty line around them, and without. */
const APART = set('address blockquote dir dl figure h1 h2 h3 h4 h5 h6 hr menu ol p pre table ul');
const LINES = set(
  'article aside body caption center dd details div dt fieldset figcaption footer form header html legend li main nav',
  'optgroup option section select summary tbody td textarea tfoot th thead tr',
);
const LISTS = set('dir menu ol ul');
/** What is in them is not for readers. */
const UNSEEN = set('script style template title');
/** The attributes that are looked at. */
const ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ['a', 'href'],
  ['img', 'alt'],
  ['li', 'value'],
  ['ol', 'start'],
]);
/** What no browser shows, such as the line beside the subject in a list of mails. */
const HIDES = /(?:^|;)\s*display\s*:\s*none\b/i;
/** Without an end tag of their own, or with one that is often left out: what they hide has no certain end. */
const NEVER_HIDDEN = set(
  'area base body br col colgroup dd dt embed head hr html img input li link meta optgroup option source tbody td',
  'tfoot th thead tr track wbr',
);
/** Links that lead nowhere from a text. */
const NO_TARGET = /^(?:#|data:|javascript:|cid:)/i;
const RULE = '-'.repeat(40);

/** Empty where the HTML shows no text. */
export function textFromHtml(html: string): string {
  const lines = createTextLines();
  /** Numbers of the next items of the lists that are open; none where they have no numbers. */
  const lists: (number | undefined)[] = [];
  let link: { readonly href: string; alt: string } | undefined;
  let unseen = 0;
  /** The element that is not shown, and how many of its name are open in it. */
  let hidden: { readonly name: string; depth: number } | undefined;
  let tag = '';
  let isHidden = false;
  let value: string[] = [];
  let style: string[] = [];
  /** Of the two above, the one that the attribute goes to. */
  let wanted: string[] | undefined;

  const endLink = (): void => {
    if (link === undefined) return;
    const { href, alt } = link;
    link = undefined;
    const said = lines.saidSinceMark();
    if (said === '') lines.text(alt);
    if (href !== '' && said !== href && said !== href.replace(/^(?:mailto|tel):/i, '')) lines.text(` (${href})`);
  };

  const open = (): void => {
    const given = value.join('').trim();
    if (hidden?.name === 'p' && isBlock(tag)) hidden = undefined;
    if (hidden?.name === tag) hidden.depth += 1;
    if (hidden !== undefined) return;
    if (UNSEEN.has(tag)) unseen += 1;
    if (unseen > 0) return;
    if ((isHidden || HIDES.test(style.join(''))) && !NEVER_HIDDEN.has(tag) && !UNSEEN.has(tag)) {
      hidden = { name: tag, depth: 1 };
      return;
    }
    if (APART.has(tag)) lines.end(lists.length > 0 && LISTS.has(tag) ? 1 : 2);
    else if (LINES.has(tag)) lines.end(1);
    if (LISTS.has(tag)) lists.push(tag === 'ol' ? numberOf(given, 1) : undefined);
    switch (tag) {
      case 'a':
        endLink();
        link = { href: NO_TARGET.test(given) ? '' : given, alt: '' };
        lines.mark();
        break;
      case 'blockquote':
        lines.quote(1);
        break;
      case 'br':
        lines.lineBreak();
        break;
      case 'hr':
        lines.text(RULE);
        lines.end(2);
        break;
      case 'img':
        if (link) link.alt ||= given;
        break;
      case 'li':
        lines.item(nextBullet(lists, given), lists.length);
        break;
      case 'pre':
        lines.preformatted(1);
        break;
    }
  };

  const close = (name: string): void => {
    if (hidden?.name === name) {
      hidden.depth -= 1;
      if (hidden.depth === 0) hidden = undefined;
      return;
    }
    // A paragraph ends with what it stands in.
    if (hidden?.name === 'p' && isBlock(name)) hidden = undefined;
    if (hidden !== undefined) return;
    if (UNSEEN.has(name)) unseen = Math.max(0, unseen - 1);
    if (unseen > 0) return;
    if (name === 'a') endLink();
    else if (name === 'br') lines.lineBreak();
    else if (name === 'blockquote') lines.quote(-1);
    else if (name === 'pre') lines.preformatted(-1);
    else if (LISTS.has(name)) lists.pop();
    if (name === 'li' || LISTS.has(name)) lines.item(undefined, lists.length);
    if (APART.has(name)) lines.end(lists.length > 0 && LISTS.has(name) ? 1 : 2);
    else if (LINES.has(name)) lines.end(1);
  };

  const show = (text: string): void => {
    if (unseen === 0 && hidden === undefined) lines.text(text);
  };
  const nothing = (): void => undefined;
  const callbacks: TokenizerCallbacks = {
    ontext: (start, end) => show(html.slice(start, end)),
    ontextentity: (codepoint) => show(String.fromCodePoint(codepoint)),
    onopentagname(start, end) {
      tag = html.slice(start, end).toLowerCase();
      value = [];
      style = [];
      isHidden = false;
      wanted = undefined;
    },
    onattribname(start, end) {
      const name = html.slice(start, end).toLowerCase();
      if (name === 'hidden') isHidden = true;
      const found = name === 'style' ? style : ATTRIBUTES.get(tag) === name ? value : undefined;
      // Of an attribute that is given twice the first counts.
      wanted = found?.length === 0 ? found : undefined;
    },
    onattribdata(start, end) {
      wanted?.push(html.slice(start, end));
    },
    onattribentity(codepoint) {
      wanted?.push(String.fromCodePoint(codepoint));
    },
    onattribend: nothing,
    onopentagend: open,
    onselfclosingtag: open,
    onclosetag: (start, end) => close(html.slice(start, end).toLowerCase()),
    oncdata: nothing,
    oncomment: nothing,
    ondeclaration: nothing,
    onprocessinginstruction: nothing,
    onend: endLink,
  };
  const tokenizer = new Tokenizer({ xmlMode: false, decodeEntities: true }, callbacks);
  tokenizer.write(html);
  tokenizer.end();
  return lines.whole();
}

function isBlock(name: string): boolean {
  return APART.has(name) || LINES.has(name);
}

function nextBullet(lists: (number | undefined)[], given: string): string {
  const next = lists.at(-1);
  if (next === undefined) return ' * ';
  const number = numberOf(given, next);
  lists[lists.length - 1] = number + 1;
  return ` ${number}. `;
}

function numberOf(text: string, otherwise: number): number {
  return /^-?\d{1,9}$/.test(text) ? Number(text) : otherwise;
}

function set(...words: readonly string[]): ReadonlySet<string> {
  return new Set(words.join(' ').split(' '));
}
