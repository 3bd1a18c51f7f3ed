/**
 * HTML of a mail, made harmless: sanitize-html writes it anew of the elements and attributes that mail is made of (seed 001 §15).
 * Nothing of it runs, is sent, or leads away from the frame; nothing is fetched but what `pictureOf` allows.
 */

import { Parser } from 'htmlparser2';
import sanitize from 'sanitize-html';
import { cleanSheet, cleanStyle } from './clean-css.ts';

export interface CleanRules {
  /** What is shown in place of a picture at this address; undefined: nothing. */
  readonly pictureOf: (url: string) => string | undefined;
  readonly scheme: 'light' | 'dark';
}

export interface CleanHtml {
  readonly body: string;
  /** Without `<`. */
  readonly css: string;
  /** Attributes of the mail's own `body`, harmless. */
  readonly bodyAttributes: Readonly<Record<string, string>>;
}

/** Browsers build no deeper tree than this; parsers take longer with each element that is open. */
export const MAX_DEPTH = 512;
/** Styles of attributes that are kept: mails repeat the same few. */
const MAX_KEPT_STYLES = 10_000;

const TAGS = [
  ...[
    'a',
    'abbr',
    'address',
    'article',
    'aside',
    'b',
    'bdi',
    'bdo',
    'big',
    'blockquote',
    'br',
    'caption',
    'center',
    'cite',
  ],
  ...[
    'code',
    'col',
    'colgroup',
    'dd',
    'del',
    'details',
    'dfn',
    'dir',
    'div',
    'dl',
    'dt',
    'em',
    'figcaption',
    'figure',
    'font',
  ],
  ...[
    'footer',
    'h1',
    'h2',
    'h3',
    'h4',
    'h5',
    'h6',
    'header',
    'hr',
    'i',
    'img',
    'ins',
    'kbd',
    'li',
    'main',
    'mark',
    'menu',
  ],
  ...[
    'nav',
    'ol',
    'p',
    'pre',
    'q',
    's',
    'samp',
    'section',
    'small',
    'span',
    'strike',
    'strong',
    'sub',
    'summary',
    'sup',
  ],
  ...['table', 'tbody', 'td', 'tfoot', 'th', 'thead', 'time', 'tr', 'tt', 'u', 'ul', 'var', 'wbr'],
];
/** What is in them is not for readers, or is read by other rules than those of HTML. */
const UNSEEN = [
  ...[
    'script',
    'style',
    'template',
    'title',
    'noscript',
    'noembed',
    'noframes',
    'iframe',
    'frameset',
    'object',
    'applet',
  ],
  ...[
    'embed',
    'svg',
    'math',
    'textarea',
    'option',
    'select',
    'xmp',
    'plaintext',
    'listing',
    'audio',
    'video',
    'canvas',
  ],
];
const ATTRIBUTES = [
  ...[
    'align',
    'aria-hidden',
    'aria-label',
    'background',
    'bgcolor',
    'border',
    'cellpadding',
    'cellspacing',
    'class',
    'color',
  ],
  ...[
    'colspan',
    'dir',
    'face',
    'headers',
    'height',
    'hspace',
    'id',
    'lang',
    'noshade',
    'nowrap',
    'role',
    'rowspan',
    'scope',
  ],
  ...['size', 'span', 'start', 'style', 'summary', 'title', 'type', 'valign', 'value', 'vspace', 'width'],
];
const BODY_ATTRIBUTES: ReadonlySet<string> = new Set([
  'background',
  'bgcolor',
  'class',
  'dir',
  'id',
  'lang',
  'style',
  'text',
]);

/** Elements are nested too deep to be shown. */
export class TooDeep extends Error {}

export function cleanHtml(html: string, { pictureOf, scheme }: CleanRules): CleanHtml {
  const css = { urlOf: pictureOf, scheme };
  const kept = new Map<string, string>();
  let bodyAttributes: Record<string, string> = {};
  let depth = 0;

  const styleOf = (style: string): string => {
    const known = kept.get(style);
    if (known !== undefined) return known;
    const cleaned = cleanStyle(style, css);
    if (kept.size < MAX_KEPT_STYLES) kept.set(style, cleaned);
    return cleaned;
  };
  /** The attributes that say something which is judged here; sanitize-html leaves out those that nobody listed. */
  const harmless = (name: string, { style, src, href, background, ...others }: sanitize.Attributes) => {
    const picture = name === 'img' && src !== undefined ? pictureOf(src) : undefined;
    const ground = background === undefined ? undefined : pictureOf(background);
    const target = name === 'a' && href !== undefined ? targetOf(href) : undefined;
    return {
      ...others,
      ...(style !== undefined && { style: styleOf(style) }),
      ...(picture !== undefined && { src: picture }),
      ...(ground !== undefined && { background: ground }),
      ...(target !== undefined && { href: target }),
      ...(target !== undefined && !target.startsWith('#') && { target: '_blank', rel: 'noopener noreferrer' }),
    };
  };

  const body = sanitize(html, {
    allowedTags: TAGS,
    nonTextTags: UNSEEN,
    disallowedTagsMode: 'discard',
    allowedAttributes: { '*': ATTRIBUTES, a: ['href', 'name', 'target', 'rel'], img: ['src', 'alt'] },
    // Addresses were judged before, and are ours by now.
    allowedSchemes: ['http', 'https', 'mailto', 'tel', 'data'],
    allowProtocolRelative: false,
    parseStyleAttributes: false,
    transformTags: { '*': (tagName, attributes) => ({ tagName, attribs: harmless(tagName, attributes) }) },
    onOpenTag(name, attributes) {
      depth += 1;
      if (depth > MAX_DEPTH) throw new TooDeep();
      if (name === 'body') bodyAttributes = ownOf(harmless(name, attributes));
    },
    onCloseTag() {
      depth -= 1;
    },
  });
  return { body, css: cleanSheet(sheetsOf(html), css), bodyAttributes };
}

/** No link is relative: a mail has no place of its own. */
function targetOf(href: string): string | undefined {
  const trimmed = href.trim();
  return /^(?:#|https?:\/\/|mailto:|tel:)/i.test(trimmed) ? trimmed : undefined;
}

function ownOf(attributes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => BODY_ATTRIBUTES.has(name)));
}

/** All style sheets of a mail, in order. */
export function sheetsOf(html: string): string {
  const sheets: string[] = [];
  let depth = 0;
  let isStyle = false;
  const parser = new Parser({
    onopentagname(name) {
      depth += 1;
      if (depth > MAX_DEPTH) throw new TooDeep();
      isStyle = name === 'style';
    },
    ontext(text) {
      if (isStyle) sheets.push(text);
    },
    onclosetag(name) {
      depth -= 1;
      if (name === 'style') sheets.push('\n');
      isStyle = false;
    },
  });
  parser.end(html);
  return sheets.join('');
}
