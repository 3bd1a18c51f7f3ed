/** Where a template's output goes. That of HTML follows it through the states of HTML; that of texts takes it as it is. */

import type { PrintNode, TextNode } from '../tree.ts';
import { SourceFault } from '../tree.ts';
import { type Value, written } from '../values/values.ts';
import { escapeHtml, escapeHtmlText, isSafeUrl, percentEncodeForm } from './escape.ts';
import {
  type AttributeKind,
  afterValue,
  HTML_TEXT,
  type HtmlState,
  isInUrl,
  readHtml,
  type Transition,
} from './state.ts';
import { type Writing, whyNoValue, writeInHtml } from './write-in-html.ts';

export interface Sink {
  text(node: TextNode): void;
  print(node: PrintNode, value: Value, writing: Writing): void;
  /** What came out. */
  whole(): string;
  length(): number;
}

export function createTextSink(): Sink {
  let out = '';
  return {
    text: (node) => {
      out += node.text;
    },
    print: (node, value, { syntax, charge }) => {
      const text = asAsked(node, written(value, syntax, charge));
      charge(text.length);
      out += text;
    },
    whole: () => out,
    length: () => out.length,
  };
}

/** As Go's own word has it written. */
function asAsked(node: PrintNode, text: string): string {
  if (node.written === undefined) return text;
  return node.written === 'html' ? escapeHtmlText(text) : percentEncodeForm(text);
}

/** What a text leads to, from the state before it: nearly always the same as last time. */
const transitions = new WeakMap<TextNode, { readonly from: HtmlState; readonly transition: Transition }>();

export function transitionOf(node: TextNode, from: HtmlState): Transition {
  const kept = transitions.get(node);
  if (kept?.from === from) return kept.transition;
  const transition = readHtml(from, node.text);
  transitions.set(node, { from, transition });
  return transition;
}

/** `blocked` is told of each URL with a value in it that led where no mail may lead. */
export function createHtmlSink(blocked: (node: PrintNode) => void = () => undefined): Sink {
  let out = '';
  let state = HTML_TEXT;
  /** The URL that is open, and the value in it that is to be judged with it. */
  let url = '';
  let inUrl: PrintNode | undefined;

  const endUrl = (rest: string): void => {
    url += rest;
    if (inUrl !== undefined && !leadsWhereMailMay(decoded(url), state.kind)) {
      blocked(inUrl);
      url = '#';
    }
    out += url;
    url = '';
    inUrl = undefined;
  };

  const append = (text: string, { to, urlEnd, urlStart }: Transition): void => {
    let from = 0;
    if (isInUrl(state) && (urlEnd !== undefined || !isInUrl(to))) {
      from = urlEnd ?? text.length;
      endUrl(text.slice(0, from));
    }
    if (!isInUrl(to)) out += text.slice(from);
    else if (urlStart === undefined) url += text.slice(from);
    else {
      out += text.slice(from, urlStart);
      url = text.slice(urlStart);
    }
    state = to;
  };

  return {
    text: (node) => append(node.text, transitionOf(node, state)),
    print(node, value, writing) {
      if (node.raw && state.mode === 'text') {
        const raw = written(value, writing.syntax, writing.charge);
        writing.charge(raw.length);
        append(raw, readHtml(state, raw));
        return;
      }
      const refused = whyNoValue(state);
      if (refused !== undefined) throw new SourceFault(refused, node.place);
      const isDone = node.written === 'html' || (isInUrl(state) && state.part === 'query');
      const asked =
        isDone || node.written === undefined ? value : asAsked(node, written(value, writing.syntax, writing.charge));
      const text = writeInHtml(asked, state, writing);
      state = afterValue(state);
      if (isInUrl(state)) {
        url += text;
        inUrl ??= node;
      } else out += text;
    },
    whole() {
      endUrl('');
      return out;
    },
    length: () => out.length + url.length,
  };
}

/** A refresh says `5; url=…`; else the content of a `meta` leads nowhere. */
function leadsWhereMailMay(attribute: string, kind: AttributeKind): boolean {
  if (kind !== 'refresh') return isSafeUrl(attribute);
  const refresh = /^\s*[\d.]+[\s,;]+url\s*=\s*["']?/i.exec(attribute);
  return refresh === null || isSafeUrl(attribute.slice(refresh[0].length));
}

/** What an attribute says, as far as its scheme is concerned. */
function decoded(attribute: string): string {
  return attribute
    .replace(/&#(?:x([\da-f]{1,6})|(\d{1,7}));?/gi, (_all, hex: string | undefined, decimal: string) => {
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
    })
    .replace(/&colon;/g, ':')
    .replace(/&sol;/g, '/')
    .replace(/&(?:Tab|NewLine);/g, '\t');
}

/** The preheader, which mailboxes show after the subject and the mail itself does not; it stands first in the body. */
export function withPreheader(html: string, preheader: string): string {
  if (preheader === '') return html;
  const style = 'display:none;max-height:0;overflow:hidden;mso-hide:all';
  const hidden = `<div style="${style}">${escapeHtml(preheader, 'handlebars')}</div>`;
  const body = /<body(?:\s[^<>]*)?>/i.exec(html);
  const at = body === null ? 0 : body.index + body[0].length;
  return html.slice(0, at) + hidden + html.slice(at);
}
