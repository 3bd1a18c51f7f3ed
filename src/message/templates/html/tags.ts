/**
 * The tags of a template, found where they stand in its nodes: a tag may begin in one text and end in another, with values and blocks
 * between. What is in conditional comments is not among them.
 */

import type { PrintNode, TemplateNode, TextNode } from '../tree.ts';
import { afterValue, HTML_TEXT, type HtmlState, readHtml } from './state.ts';

export interface Spot {
  readonly node: TextNode;
  readonly offset: number;
}

export type ValuePiece = string | PrintNode;

export interface FoundAttribute {
  readonly pieces: ValuePiece[];
  /** Where its value begins, if it is one in quotes; the quotes around it. */
  readonly value: Spot;
  readonly quote: string;
  /** Whatever branches are taken it is there. */
  isAlways: boolean;
  /** Whatever branches are taken it is there, and it is this. */
  isFixed: boolean;
}

/** Between what different branches say of a value. */
export const BRANCH = '\0';

export interface FoundTag {
  readonly name: string;
  readonly start: Spot;
  readonly nameEnd: Spot;
  readonly attributes: Map<string, FoundAttribute>;
}

export interface FoundStyle {
  readonly tag: FoundTag;
  /** Undefined where there are blocks in it. */
  readonly pieces: readonly ValuePiece[] | undefined;
  /** From its tag to its end tag; they stand in the same list of nodes. */
  readonly list: readonly TemplateNode[];
  readonly content: Spot;
  /** Before the end tag. */
  readonly contentEnd: Spot;
  /** Its last character. */
  readonly end: Spot;
}

export interface TagVisitor {
  opened(tag: FoundTag): void;
  closed?(name: string): void;
  styled?(style: FoundStyle): void;
  /** Before a branch: what it gives back takes everything back to here. */
  fork?(): () => void;
}

interface OpenStyle {
  readonly tag: FoundTag;
  readonly content: Spot;
  readonly list: readonly TemplateNode[];
  pieces: ValuePiece[] | undefined;
  contentEnd?: Spot;
}

export function visitTags(nodes: readonly TemplateNode[], visitor: TagVisitor): void {
  let state: HtmlState = HTML_TEXT;
  let depth = 0;
  let isHidden = false;
  let start: Spot | undefined;
  let tag: FoundTag | undefined;
  let tagDepth = 0;
  let attribute: FoundAttribute | undefined;
  let style: OpenStyle | undefined;
  walk(nodes);

  function walk(list: readonly TemplateNode[]): void {
    for (const node of list) {
      if (node.kind === 'text') text(node, list);
      else if (node.kind === 'print') print(node);
      else if (node.kind === 'scope') walk(node.body);
      else if ('otherwise' in node) branches(node.body, node.otherwise);
    }
  }

  function branches(body: readonly TemplateNode[], otherwise: readonly TemplateNode[]): void {
    branch();
    if (style !== undefined) style.pieces = undefined;
    const before = state;
    const back = visitor.fork?.();
    depth += 1;
    walk(otherwise);
    back?.();
    state = before;
    branch();
    walk(body);
    branch();
    depth -= 1;
  }

  function branch(): void {
    if (attribute === undefined) return;
    attribute.isFixed = false;
    attribute.pieces.push(BRANCH);
  }

  /** Of two that are always there the first one holds; what branches say of one is taken together. */
  function noted(name: string, one: FoundAttribute): FoundAttribute {
    const first = tag?.attributes.get(name);
    if (first === undefined) tag?.attributes.set(name, one);
    if (first === undefined || first.isAlways) return one;
    first.pieces.push(' ');
    return first;
  }

  function print(node: PrintNode): void {
    if (state.mode === 'beforeValue' && tag !== undefined) {
      const isAlways = depth === tagDepth;
      const unquoted = { pieces: [], value: tag.nameEnd, quote: '', isAlways, isFixed: isAlways };
      attribute = noted(state.attribute, unquoted);
    }
    state = afterValue(state);
    attribute?.pieces.push(node);
    style?.pieces?.push(node);
  }

  function text(node: TextNode, list: readonly TemplateNode[]): void {
    /** From where on the text belongs to the attribute, or to the style, that is open. */
    let from = 0;
    let nameFrom = 0;
    const { to } = readHtml(state, node.text, (before, now, at) => {
      if (now.mode === 'opened') start = { node, offset: at };
      if (before === 'comment' && now.mode === 'markup')
        isHidden = !/^[^>]*>\s*(?:<!)?-->/.test(node.text.slice(at, at + 200));
      if (before === 'declaration' && node.text.startsWith('[endif]', at)) isHidden = false;
      if (before === 'tagName' && start !== undefined) {
        tag = { name: now.tag, start, nameEnd: { node, offset: at }, attributes: new Map() };
        tagDepth = depth;
      }
      if (now.mode === 'attributeName') nameFrom = at;
      if (before === 'attributeName' && now.mode !== 'beforeValue') {
        const name = node.text.slice(nameFrom, at).toLowerCase();
        const isAlways = depth === tagDepth;
        noted(name, { pieces: [''], value: { node, offset: at }, quote: '', isAlways, isFixed: isAlways });
      }
      if (before === 'beforeValue' && now.mode === 'value') {
        from = now.quote === '' ? at : at + 1;
        const isAlways = depth === tagDepth;
        const value = { node, offset: from };
        attribute = noted(now.attribute, { pieces: [], value, quote: now.quote, isAlways, isFixed: isAlways });
      }
      if (before === 'value') {
        attribute?.pieces.push(node.text.slice(from, at));
        attribute = undefined;
      }
      if (before === 'element' && style !== undefined) {
        const offset = at - '</style'.length;
        style.contentEnd = { node, offset };
        if (offset < from) style.pieces = undefined;
        else style.pieces?.push(node.text.slice(from, offset));
        tag = { name: now.tag, start: style.contentEnd, nameEnd: { node, offset: at }, attributes: new Map() };
      }
      const isOver = (now.mode === 'text' || now.mode === 'element') && node.text[at] === '>';
      if (isOver && tag !== undefined) {
        ended(tag, { node, offset: at }, list);
        if (now.mode === 'element') from = at + 1;
        if (now.mode === 'element' && now.tag === 'style' && !isHidden) {
          style = { tag, content: { node, offset: at + 1 }, list, pieces: [] };
        }
        tag = undefined;
      }
    });
    if (to.mode === 'value') attribute?.pieces.push(node.text.slice(from));
    if (to.mode === 'element' && style !== undefined) style.pieces?.push(node.text.slice(from));
    state = to;
  }

  function ended(found: FoundTag, end: Spot, list: readonly TemplateNode[]): void {
    if (found.name === '/style' && style?.contentEnd !== undefined) {
      const { contentEnd, ...open } = style;
      if (open.list === list) visitor.styled?.({ ...open, contentEnd, end });
      style = undefined;
    }
    if (isHidden) return;
    if (found.name.startsWith('/')) visitor.closed?.(found.name.slice(1));
    else visitor.opened(found);
  }
}

/** Line of a spot, from 1. */
export function lineOf({ node, offset }: Spot): number {
  let line = node.place.line;
  for (let at = node.text.indexOf('\n'); at !== -1 && at < offset; at = node.text.indexOf('\n', at + 1)) line += 1;
  return line;
}
