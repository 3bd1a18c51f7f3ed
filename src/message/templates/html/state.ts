/**
 * Where in HTML a text ends: in the text, in a tag, in an attribute of which kind. Read as browsers read it (WHATWG 13.2.5), a
 * piece at a time, so that each value of a template is written for the place where it really stands, whatever branches and
 * loops were taken on the way there.
 */

/** `opened`: after `<`. `closing`: after `</`. `tag`: between attributes. `markup`: `<!…>`, `<?…>` and the ends of conditional comments. */
export type HtmlMode =
  | 'text'
  | 'opened'
  | 'closing'
  | 'tagName'
  | 'tag'
  | 'attributeName'
  | 'afterName'
  | 'beforeValue'
  | 'value'
  | 'element'
  | 'declaration'
  | 'markup'
  | 'comment';

/** `refresh`: may say where a page leads on its own. */
export type AttributeKind = 'plain' | 'url' | 'refresh' | 'srcset' | 'css' | 'script' | 'document';
/** `url…`: inside of `url(`, and its quotes. */
export type CssMode = 'plain' | 'double' | 'single' | 'comment' | 'url' | 'urlDouble' | 'urlSingle';

export interface HtmlState {
  readonly mode: HtmlMode;
  /** Of the tag that is read, in lower case; an end tag's begins with `/`. In `element`: whose content this is. */
  readonly tag: string;
  /** In lower case. */
  readonly attribute: string;
  readonly kind: AttributeKind;
  readonly quote: '"' | "'" | '';
  /** What of a URL came before: nothing, something, or a `?` or `#`. */
  readonly part: 'start' | 'path' | 'query';
  readonly css: CssMode;
  /** In JSON: inside of a string. */
  readonly inString: boolean;
  /** The end of what was read, where what comes next may complete it; the type of a script while its tag is read; how a URL begins. */
  readonly tail: string;
  readonly cssTail: string;
  /** A script that holds JSON. */
  readonly json: boolean;
}

export interface Transition {
  readonly to: HtmlState;
  /** Where in the text the URL ends that was open before it. */
  readonly urlEnd?: number;
  /** Where in the text the URL begins that is open after it. */
  readonly urlStart?: number;
}

export const HTML_TEXT: HtmlState = {
  ...{ mode: 'text', tag: '', attribute: '', kind: 'plain', quote: '', part: 'start', css: 'plain' },
  ...{ inString: false, tail: '', cssTail: '', json: false },
};

/** Elements whose content has no tags. */
const RAW = new Set(['script', 'style', 'title', 'textarea', 'xmp', 'iframe', 'noembed', 'noframes', 'plaintext']);
const MAX_NAME = 60;
const MAILTO = 'mailto:';
const URLS = new Set(
  'action archive background cite classid codebase data formaction href icon longdesc manifest ping poster profile src usemap xmlns'.split(
    ' ',
  ),
);

/** As html/template judges names, those of one's own too: `data-src`, `my:url`. */
export function kindOfAttribute(name: string): AttributeKind {
  const plain = name.startsWith('data-') ? name.slice(5) : name.slice(name.indexOf(':') + 1);
  if (name.startsWith('xmlns:')) return 'url';
  if (plain === 'style') return 'css';
  if (plain === 'srcset' || plain === 'imagesrcset') return 'srcset';
  if (plain === 'srcdoc') return 'document';
  if (URLS.has(plain)) return 'url';
  if (plain.startsWith('on')) return 'script';
  return /src|uri|url/.test(plain) ? 'url' : 'plain';
}

/** Within what is judged as a whole. */
export function isInUrl({ mode, kind }: HtmlState): boolean {
  return mode === 'value' && (kind === 'url' || kind === 'refresh');
}

/** Whether what comes next is the address of a `mailto:`. */
export function isInMailbox({ kind, part, tail }: HtmlState): boolean {
  return kind === 'url' && part === 'path' && tail === MAILTO;
}

/** The state after a value was printed, which says nothing of its own. */
export function afterValue(state: HtmlState): HtmlState {
  return state.mode === 'beforeValue' ? canonical({ ...state, mode: 'value', quote: '', tail: '' }) : state;
}

/** Told of each change of mode: what it was, the state after it, and which character of the text made it. */
export type Observe = (before: HtmlMode, state: HtmlState, at: number) => void;

/** What a text leads to from a state. */
export function readHtml(from: HtmlState, text: string, observe?: Observe): Transition {
  const state: { -readonly [Key in keyof HtmlState]: HtmlState[Key] } = { ...from };
  let urlEnd: number | undefined;
  let urlStart: number | undefined;
  let wasInUrl = isInUrl(from);

  for (let at = 0; at < text.length; ) {
    if (state.mode === 'text') {
      at = text.indexOf('<', at);
      if (at === -1) break;
      state.mode = 'opened';
      observe?.('text', state, at);
      at += 1;
      continue;
    }
    const character = text.charAt(at);
    const before = at;
    const { mode } = state;
    at += step(character) ? 1 : 0;
    if (state.mode !== mode) observe?.(mode, state, before);
    const inUrl = isInUrl(state);
    if (inUrl === wasInUrl) continue;
    if (inUrl) urlStart = at;
    else if (urlStart === undefined) urlEnd = before;
    if (!inUrl) urlStart = undefined;
    wasInUrl = inUrl;
  }
  const to = canonical(state);
  return { to, ...(urlEnd !== undefined && { urlEnd }), ...(urlStart !== undefined && { urlStart }) };

  /** Whether the character was taken; else it is looked at again in the new mode. */
  function step(character: string): boolean {
    switch (state.mode) {
      case 'opened':
        return opened(character);
      case 'closing':
        if (/[a-zA-Z]/.test(character)) return become('tagName', { tag: '/' }, false);
        return become(character === '>' ? 'text' : 'markup');
      case 'declaration':
        state.tail += character;
        if (state.tail === '--') return become('comment', { tail: '' });
        return state.tail === '-' ? true : become('markup', { tail: '' }, false);
      case 'markup':
        return character === '>' ? become('text') : true;
      case 'comment':
        return comment(character);
      case 'tagName':
        if (isSpace(character) || character === '/' || character === '>')
          return become('tag', { attribute: '' }, false);
        state.tag = grown(state.tag, character);
        return true;
      case 'tag':
        if (character === '>') return endTag();
        if (isSpace(character) || character === '/') return true;
        return become('attributeName', { attribute: character.toLowerCase() });
      case 'attributeName':
      case 'afterName':
        return name(character);
      case 'beforeValue':
        if (isSpace(character)) return true;
        if (character === '>') return endTag();
        return value(character);
      case 'value':
        return inValue(character);
      default:
        return inElement(character);
    }
  }

  function become(mode: HtmlMode, more: Partial<HtmlState> = {}, taken = true): boolean {
    Object.assign(state, more);
    state.mode = mode;
    return taken;
  }

  function opened(character: string): boolean {
    if (/[a-zA-Z]/.test(character)) return become('tagName', { tag: '', tail: '', json: false }, false);
    if (character === '/') return become('closing');
    if (character === '!') return become('declaration', { tail: '' });
    return character === '?' ? become('markup') : become('text', {}, false);
  }

  function comment(character: string): boolean {
    state.tail = (state.tail + character).slice(-4);
    // What is in a conditional comment is HTML to those that it is for.
    if (state.tail === '[if ' || state.tail === '[if(') return become('markup', { tail: '' });
    const isEnd =
      character === '>' && (/^-?>$/.test(state.tail) || state.tail.endsWith('-->') || state.tail.endsWith('--!>'));
    return isEnd ? become('text') : true;
  }

  function name(character: string): boolean {
    if (character === '>') return endTag();
    if (character === '=') {
      const isRefresh = state.tag === 'meta' && state.attribute === 'content';
      const kind = isRefresh ? 'refresh' : kindOfAttribute(state.attribute);
      return become('beforeValue', { kind, part: 'start', css: 'plain', cssTail: '', quote: '' });
    }
    if (character === '/') return become('tag');
    if (isSpace(character)) return become('afterName');
    if (state.mode === 'afterName') return become('attributeName', { attribute: character.toLowerCase() });
    state.attribute = grown(state.attribute, character);
    return true;
  }

  function value(character: string): boolean {
    if (state.tag === 'script' && state.attribute === 'type') state.tail = '';
    if (character === '"' || character === "'") return become('value', { quote: character });
    return become('value', { quote: '' }, false);
  }

  function inValue(character: string): boolean {
    const isEnd = state.quote === '' ? isSpace(character) || character === '>' : character === state.quote;
    if (isEnd) {
      if (state.tag === 'script' && state.attribute === 'type') state.json = /\bjson\s*$/.test(state.tail);
      return become(
        'tag',
        { attribute: '', kind: 'plain', part: 'start', css: 'plain', cssTail: '', tail: '' },
        state.quote !== '',
      );
    }
    if (state.tag === 'script' && state.attribute === 'type') state.tail = grown(state.tail, character);
    if (state.kind === 'url' || state.kind === 'srcset') url(character);
    else if (state.kind === 'css') css(character);
    return true;
  }

  function url(character: string): void {
    if (state.mode === 'value' && state.tail.length < MAILTO.length) state.tail += character.toLowerCase();
    if (character === '?' || character === '#') state.part = 'query';
    else if (state.part === 'start' && !isSpace(character)) state.part = 'path';
  }

  function endTag(): boolean {
    const { tag, json } = state;
    Object.assign(state, HTML_TEXT);
    if (RAW.has(tag)) Object.assign(state, { mode: 'element', tag, json });
    return true;
  }

  function inElement(character: string): boolean {
    const end = `</${state.tag}`;
    if (state.tail === end && (isSpace(character) || character === '/' || character === '>')) {
      return become('tag', { tag: `/${state.tag}`, tail: '', css: 'plain', cssTail: '' }, false);
    }
    const tail = state.tail + character.toLowerCase();
    state.tail = end.startsWith(tail) ? tail : character === '<' ? '<' : '';
    if (state.tag === 'style') css(character);
    else if (state.json) json(character);
    return true;
  }

  function json(character: string): void {
    if (state.cssTail === '\\') state.cssTail = '';
    else if (character === '\\') state.cssTail = '\\';
    else if (character === '"') state.inString = !state.inString;
  }

  function css(character: string): void {
    if (state.cssTail.endsWith('\\')) {
      state.cssTail = '';
      return;
    }
    const last = state.cssTail.slice(-1) + character;
    switch (state.css) {
      case 'plain':
        state.cssTail = (state.cssTail + character.toLowerCase()).slice(-4);
        if (state.cssTail === 'url(') become(state.mode, { css: 'url', part: 'start', cssTail: '' });
        else if (last === '/*') become(state.mode, { css: 'comment', cssTail: '' });
        else if (character === '"') become(state.mode, { css: 'double', cssTail: '' });
        else if (character === "'") become(state.mode, { css: 'single', cssTail: '' });
        return;
      case 'comment':
        state.cssTail = character;
        if (last === '*/') become(state.mode, { css: 'plain', cssTail: '' });
        return;
      default:
        state.cssTail = character === '\\' ? '\\' : '';
        quotedCss(character);
    }
  }

  function quotedCss(character: string): void {
    const { css: mode, part } = state;
    const isDouble = mode === 'double' || mode === 'urlDouble';
    const ends = mode === 'url' ? character === ')' : character === (isDouble ? '"' : "'") || character === '\n';
    if (ends)
      become(state.mode, {
        css: mode === 'urlDouble' || mode === 'urlSingle' ? 'url' : 'plain',
        part: mode === 'url' ? 'start' : 'path',
      });
    else if (mode === 'url' && part === 'start' && character === '"') become(state.mode, { css: 'urlDouble' });
    else if (mode === 'url' && part === 'start' && character === "'") become(state.mode, { css: 'urlSingle' });
    else if (mode !== 'double' && mode !== 'single') url(character);
  }
}

function grown(name: string, character: string): string {
  return name.length < MAX_NAME ? name + character.toLowerCase() : name;
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\t' || character === '\r' || character === '\f';
}

/** The same object for the same state, as long as there are not too many: so states can be told apart by identity. */
const known = new Map<string, HtmlState>();
const MAX_KNOWN = 5_000;

function canonical(state: HtmlState): HtmlState {
  if (state.mode === 'text') return HTML_TEXT;
  const key = Object.values(state).join('\n');
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, state);
  return state;
}
