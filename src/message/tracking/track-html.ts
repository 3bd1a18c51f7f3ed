/**
 * The HTML of a tracked copy: its links lead through ours, one link is there that no person sees, and a pixel stands at the end of its
 * body. All else stays as it was, byte for byte. Goes over the tags as they stand and builds no tree, so that it takes time in
 * proportion to the HTML.
 */

import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2';
import { type CopyLinks, type TrackedCopy, trackedLinks } from './links.ts';

/** What takes the place of `start` to `end`. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const LINKS: ReadonlySet<string> = new Set(['a', 'area']);
const KEEP = 'data-iep-no-track';
/** Characters; a request for a longer one would be refused for the size of its header. */
const MAX_URL = 4_000;
const HIDDEN = 'style="display:none;max-height:0;overflow:hidden" aria-hidden="true" tabindex="-1"';

/** `textOf`: what an address says as it is read here; undefined leaves the link as it is. */
export function trackHtml(
  html: string,
  copy: TrackedCopy,
  textOf: (href: string) => string | undefined = (href) => href,
): string {
  const found = readHtml(html);
  const links = trackedLinks(copy);
  const edits = copy.clicks ? linkEdits(html, { found, links, copy, textOf }) : [];
  const decoy = edits[0] && `<a href="${links.decoy(edits[0].url)}" ${HIDDEN}></a>`;
  const pixel = copy.opens && `<img src="${links.pixel()}" width="1" height="1" alt="" style="border:0">`;
  const last = { start: found.end, end: found.end, text: `${decoy ?? ''}${pixel || ''}` };
  return edited(html, [...edits, last]);
}

interface FoundLink {
  readonly href: string;
  /** From where to where its value stands, with its quotes. */
  readonly start: number;
  readonly end: number;
  readonly isKept: boolean;
}

interface Read {
  readonly links: readonly FoundLink[];
  /** Of what readers see: before the last end tag of the body. */
  readonly end: number;
}

function readHtml(html: string): Read {
  const links: FoundLink[] = [];
  const ends: { body?: number; html?: number } = {};
  let tag = '';
  let name = '';
  let value: string[] = [];
  let valueStart = 0;
  let href: Omit<FoundLink, 'isKept'> | undefined;
  let isKept = false;

  const endTag = () => {
    if (LINKS.has(tag) && href !== undefined) links.push({ ...href, isKept });
  };
  const nothing = (): void => undefined;
  const callbacks: TokenizerCallbacks = {
    ontext: nothing,
    ontextentity: nothing,
    onopentagname(start, end) {
      tag = html.slice(start, end).toLowerCase();
      href = undefined;
      isKept = false;
    },
    onattribname(start, end) {
      name = html.slice(start, end).toLowerCase();
      value = [];
      valueStart = end;
      if (name === KEEP) isKept = true;
    },
    onattribdata(start, end) {
      if (name === 'href') value.push(html.slice(start, end));
    },
    onattribentity(codepoint) {
      if (name === 'href') value.push(String.fromCodePoint(codepoint));
    },
    onattribend(_quote, end) {
      // Of an attribute that is given twice the first counts.
      if (name !== 'href' || href !== undefined) return;
      href = { href: value.join(''), start: startOfValue(html, valueStart), end };
    },
    onopentagend: endTag,
    onselfclosingtag: endTag,
    onclosetag(start, end) {
      const closed = html.slice(start, end).toLowerCase();
      if (closed === 'body' || closed === 'html') ends[closed] = html.lastIndexOf('<', start);
    },
    oncdata: nothing,
    oncomment: nothing,
    ondeclaration: nothing,
    onprocessinginstruction: nothing,
    onend: nothing,
  };
  const tokenizer = new Tokenizer({ xmlMode: false, decodeEntities: true }, callbacks);
  tokenizer.write(html);
  tokenizer.end();
  return { links, end: ends.body ?? ends.html ?? html.length };
}

/** Behind the equals sign and the space around it. */
function startOfValue(html: string, end: number): number {
  let at = end;
  while (/[\s=]/.test(html[at] ?? '')) at += 1;
  return at;
}

interface LinkEdit extends Edit {
  readonly url: string;
}

function linkEdits(
  html: string,
  {
    found,
    links,
    copy,
    textOf,
  }: { found: Read; links: CopyLinks; copy: TrackedCopy; textOf: (href: string) => string | undefined },
): readonly LinkEdit[] {
  const isOurs = (url: string) => ['/t/', '/u/', '/p/', '/a/'].some((path) => url.startsWith(`${copy.base}${path}`));
  return found.links.flatMap(({ href, start, end, isKept }) => {
    const url = isKept || start >= end ? undefined : webUrl(textOf(href) ?? '');
    if (url === undefined || isOurs(url) || copy.kept.includes(url) || isUnsubscribe(url)) return [];
    const quote = html[start] === "'" ? "'" : '"';
    return [{ start, end, text: `${quote}${links.link(url)}${quote}`, url }];
  });
}

const WEB = /^https?:\/\/[^/]/i;
const PLAIN = /^[\x21-\x7e]+$/;

/** As it is written where a header can carry that; undefined where it leads to no web page. */
export function webUrl(href: string): string | undefined {
  const text = href.trim();
  if (!WEB.test(text) || text.length > MAX_URL || !URL.canParse(text)) return undefined;
  return PLAIN.test(text) ? text : new URL(text).href;
}

/** Who wants no more mail is not to be counted for saying so. */
function isUnsubscribe(url: string): boolean {
  return /unsubscri|opt-?out|abmeld/i.test(url.slice(url.indexOf('//') + 2));
}

/** `edits` in their order, none of which overlap. */
function edited(html: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const { start, end, text } of [...edits].sort((one, other) => one.start - other.start)) {
    parts.push(html.slice(from, start), text);
    from = end;
  }
  return parts.join('') + html.slice(from);
}
