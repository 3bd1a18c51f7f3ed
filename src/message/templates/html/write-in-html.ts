/** How a value is written in each place of HTML, and the places where none may stand. */

import type { TemplateSyntax } from '../../../core/template.ts';
import { type Value, written } from '../values/values.ts';
import {
  cssText,
  cssValue,
  encodeUrlPart,
  escapeHtml,
  escapeUnquoted,
  isSafeUrl,
  jsonInHtml,
  normalizeUrl,
} from './escape.ts';
import { type HtmlState, isInMailbox } from './state.ts';

export interface Writing {
  readonly syntax: TemplateSyntax;
  readonly charge: (characters: number) => void;
}

/** Why no value may stand here, in words; undefined where one may. */
export function whyNoValue({ mode, kind, tag, tail, json }: HtmlState): string | undefined {
  switch (mode) {
    case 'opened':
    case 'closing':
    case 'tagName':
      return 'a value cannot be the name of a tag; the sign < in a text is written &lt;';
    case 'tag':
    case 'attributeName':
    case 'afterName':
      return 'a value cannot be an attribute; it stands in the quotes of one';
    case 'declaration':
    case 'markup':
      return 'a value cannot stand inside of <!…>';
    case 'beforeValue':
    case 'value':
      return kind === 'script' ? 'a value cannot stand in an event handler: mail runs no script' : undefined;
    case 'element':
      if (tail !== '') return 'a value cannot be the name of a tag; the sign < in a text is written &lt;';
      return tag === 'script' && !json
        ? 'a value cannot stand in a script, but in one of type application/ld+json'
        : undefined;
    default:
      return undefined;
  }
}

/** The value as it is written there. Nothing of it ends or begins anything. */
export function writeInHtml(value: Value, state: HtmlState, { syntax, charge }: Writing): string {
  if (state.mode === 'element') return writeInElement(value, state, { syntax, charge });
  const text = written(value, syntax, charge);
  charge(text.length);
  if (state.mode !== 'value' && state.mode !== 'beforeValue') return escapeHtml(text, syntax);
  const made = inAttribute(text, state, syntax);
  const isBare = state.mode === 'beforeValue' || state.quote === '';
  return isBare ? escapeUnquoted(made) : escapeHtml(made, syntax);
}

function inAttribute(text: string, state: HtmlState, syntax: TemplateSyntax): string {
  switch (state.kind) {
    case 'url':
      return partOfUrl(text, state, syntax);
    case 'srcset':
      return isSafeUrl(text) ? normalizeUrl(text).replaceAll(',', '%2c') : '#';
    case 'css':
      return writeInCss(text, state, syntax);
    case 'document':
      return escapeHtml(text, syntax);
    default:
      return text;
  }
}

/** Within a URL a value is one part of it. In Go's path it may be several, as html/template has it. */
function partOfUrl(text: string, state: HtmlState, syntax: TemplateSyntax): string {
  const isWhole = state.part === 'start' || (state.part === 'path' && syntax === 'go');
  if (isWhole) return normalizeUrl(text);
  const part = encodeUrlPart(text);
  return isInMailbox(state) ? part.replaceAll('%40', '@') : part;
}

function writeInCss(text: string, { css, part }: HtmlState, syntax: TemplateSyntax): string {
  switch (css) {
    case 'plain':
      return cssValue(text);
    case 'double':
    case 'single':
      return cssText(text);
    case 'comment':
      return '';
    default:
      if (part !== 'start') return encodeUrlPart(text);
      return isSafeUrl(text) ? partOfUrl(text, { part } as HtmlState, syntax) : '#';
  }
}

function writeInElement(value: Value, state: HtmlState, { syntax, charge }: Writing): string {
  if (state.json) {
    const made = jsonInHtml(state.inString ? written(value, syntax, charge) : value);
    charge(made.length);
    return state.inString ? made.slice(1, -1) : made;
  }
  const text = written(value, syntax, charge);
  charge(text.length);
  return state.tag === 'style' ? writeInCss(text, state, syntax) : escapeHtml(text, syntax);
}
