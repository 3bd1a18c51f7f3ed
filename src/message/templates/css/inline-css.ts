/**
 * Puts the rules of `<style>` into the attributes of the elements that they are for, once, before any value is put in: so that it costs a
 * message nothing, and the HTML stays as its author wrote it. Media queries (also of a `media`), pseudo-classes and `data-embed` stay where they are; so do
 * the rules of an element whose classes or other attributes are decided by values and blocks, since only the mail shows which of them hold.
 */

import {
  BRANCH,
  type FoundAttribute,
  type FoundStyle,
  type FoundTag,
  type Spot,
  type ValuePiece,
  visitTags,
} from '../html/tags.ts';
import { type PrintNode, SourceFault, type TemplateNode, type TextNode } from '../tree.ts';
import { type Edit, edited } from './edit.ts';
import { fits, matches, type PartlyKnown, type StyledElement } from './match.ts';
import { type Declared, type InlineRule, readSheet } from './rules.ts';

const MAX_CSS = 256 * 1024;
const MAX_RULES = 5_000;
/** Looks at elements; with what a page of CSS needs far below. */
const MAX_STEPS = 5_000_000;
/** Values in a style sheet, which travel through the parser as names. */
const MARK = 'iepvalue';
/** A value in an attribute. */
const VALUE = '\u0001';

const VOID = new Set('area base br col embed hr img input link meta param source track wbr'.split(' '));
/** Elements that end where another of them begins. */
const ENDS_ITSELF = new Set(['p', 'li', 'td', 'th', 'tr', 'option', 'dd', 'dt']);
const UNSEEN = new Set(['head', 'style', 'script', 'title', 'meta', 'link', 'base']);

export function inlineCss(nodes: readonly TemplateNode[]): readonly TemplateNode[] {
  const styles: FoundStyle[] = [];
  visitTags(nodes, { opened: () => undefined, styled: (style) => styles.push(style) });
  const inlined = styles.filter(({ tag, pieces }) => pieces !== undefined && isForAll(tag));
  if (inlined.length === 0) return nodes;

  const values: PrintNode[] = [];
  const edits = new Map<TemplateNode, Edit[]>();
  const sheets = inlined.map((style) => ({ style, sheet: readSheet(asCss(style.pieces ?? [], values)) }));
  const rules = sheets.flatMap(({ sheet }) => sheet.rules);
  if (rules.length > MAX_RULES) throw new SourceFault(`its CSS has more than ${MAX_RULES} rules`);
  const index = createRuleIndex(rules);
  const kept = new Set<InlineRule>();
  visitElements(nodes, (tag, element) => {
    const found = index.rulesFor(element);
    const possible = index.possibleRulesFor(element);
    const place = placeOfStyle(tag);
    if (place === undefined || possible.length > found.length) for (const rule of possible) kept.add(rule);
    else if (found.length > 0) addEdit(edits, place.node, styling(place, { css: declaredBy(found), values }));
  });
  for (const { style, sheet } of sheets) replaceStyle(style, { rest: asNodes(sheet.rest(kept), values), edits });
  return edited(nodes, edits);
}

/** Not for some screens alone, not in another language, and not told to stay. */
function isForAll({ attributes }: FoundTag): boolean {
  const says = (name: string, among: readonly string[]): boolean => {
    const given = attributes.get(name);
    return given === undefined || (given.isFixed && among.includes(given.pieces.join('').trim().toLowerCase()));
  };
  return !attributes.has('data-embed') && says('media', ['', 'all', 'screen']) && says('type', ['', 'text/css']);
}

function asCss(pieces: readonly ValuePiece[], values: PrintNode[]): string {
  const css = pieces.map((piece) => (typeof piece === 'string' ? piece : `${MARK}${values.push(piece) - 1}z`)).join('');
  if (css.length > MAX_CSS) throw new SourceFault(`its CSS is longer than ${MAX_CSS} characters`);
  return css.replaceAll('<!--', '').replaceAll('-->', '');
}

/** Marks made values again. */
function asNodes(text: string, values: readonly PrintNode[]): readonly (TextNode | PrintNode)[] {
  const [first = '', ...rest] = text.split(MARK);
  const place = { source: 'html', line: 1, column: 1 };
  const nodes: (TextNode | PrintNode)[] = first === '' ? [] : [{ kind: 'text', text: first, place }];
  for (const piece of rest) {
    const end = piece.indexOf('z');
    const value = values[Number(piece.slice(0, end))];
    if (value !== undefined) nodes.push(value);
    if (piece.length > end + 1) nodes.push({ kind: 'text', text: piece.slice(end + 1), place });
  }
  return nodes;
}

/** What is left of a style stays in it; with nothing left the element goes. */
function replaceStyle(
  { tag, content, contentEnd, end, list }: FoundStyle,
  { rest, edits }: { rest: readonly TemplateNode[]; edits: Map<TemplateNode, Edit[]> },
): void {
  const [from, to] = rest.length > 0 ? [content, contentEnd] : [tag.start, { node: end.node, offset: end.offset + 1 }];
  const first = list.indexOf(from.node);
  const last = list.indexOf(to.node);
  if (first === -1 || last === -1) return;
  for (const node of list.slice(first, last + 1)) {
    const start = node === from.node ? from.offset : 0;
    const until = node === to.node ? to.offset : Number.POSITIVE_INFINITY;
    addEdit(edits, node, { start, until, insert: node === from.node ? rest : [] });
  }
}

function addEdit(edits: Map<TemplateNode, Edit[]>, node: TemplateNode, edit: Edit): void {
  edits.set(node, [...(edits.get(node) ?? []), edit]);
}

function createRuleIndex(rules: readonly InlineRule[]) {
  const ordered = rules.map((rule, order) => ({ rule, order }));
  const byKey = Map.groupBy(ordered, ({ rule }) => keyOf(rule));
  let steps = 0;
  const step = (): void => {
    steps += 1;
    if (steps > MAX_STEPS) throw new SourceFault('its CSS takes too many steps to be put into its elements');
  };
  const keysOf = ({ name, classes, attributes, open }: StyledElement, isPossible: boolean): readonly string[] => {
    const id = attributes.get('id');
    const own = ['*', name, ...Array.from(classes, (one) => `.${one}`), ...(id === undefined ? [] : [`#${id}`])];
    if (!isPossible || (open.classes.length === 0 && !open.attributes.has('id'))) return own;
    const others = [...byKey.keys()].filter((key) =>
      key.startsWith('#')
        ? open.attributes.has('id')
        : key.startsWith('.') && !own.includes(key) && open.classes.some((known) => fits(key.slice(1), known)),
    );
    return [...own, ...others];
  };
  const find = (element: StyledElement, isPossible: boolean): readonly InlineRule[] =>
    keysOf(element, isPossible)
      .flatMap((key) => byKey.get(key) ?? [])
      .filter(({ rule }) => {
        step();
        return matches(rule, element, { step, isPossible });
      })
      .sort((a, b) => a.rule.weight - b.rule.weight || a.order - b.order)
      .map(({ rule }) => rule);
  return {
    /** In the order in which they hold. */
    rulesFor: (element: StyledElement) => find(element, false),
    /** Those too that it has by some values and branches. */
    possibleRulesFor: (element: StyledElement) => find(element, true),
  };
}

/** What holds of the rules, each name once. */
function declaredBy(rules: readonly InlineRule[]): readonly Declared[] {
  const declared = new Map<string, Declared>();
  for (const one of rules.flatMap(({ declarations }) => declarations)) {
    if (declared.get(one.name)?.isImportant === true && !one.isImportant) continue;
    declared.delete(one.name);
    declared.set(one.name, one);
  }
  return [...declared.values()];
}

function keyOf({ compounds }: InlineRule): string {
  const compound = compounds[0]?.compound;
  const [id] = compound?.ids ?? [];
  const [name] = compound?.classes ?? [];
  if (id !== undefined) return `#${id}`;
  return name !== undefined ? `.${name}` : (compound?.type ?? '*');
}

function visitElements(nodes: readonly TemplateNode[], found: (tag: FoundTag, element: StyledElement) => void): void {
  let parent: StyledElement | undefined;
  /** The last child of each element so far; branches count as what comes one after the other. */
  const last = new Map<StyledElement | undefined, StyledElement>();
  visitTags(nodes, {
    opened(tag) {
      if (ENDS_ITSELF.has(tag.name) && parent?.name === tag.name) parent = parent.parent;
      const element = { ...elementOf(tag), parent, before: last.get(parent) };
      last.set(parent, element);
      if (!UNSEEN.has(tag.name)) found(tag, element);
      if (!VOID.has(tag.name)) parent = element;
    },
    closed(name) {
      for (let open = parent; open !== undefined; open = open.parent) {
        if (open.name !== name) continue;
        parent = open.parent;
        return;
      }
    },
    fork() {
      const before = parent;
      return () => {
        parent = before;
      };
    },
  });
}

function elementOf({ name, attributes }: FoundTag): Omit<StyledElement, 'parent' | 'before'> {
  const known = new Map<string, string>();
  const present = new Set<string>();
  const open = new Set<string>();
  for (const [key, { pieces, isFixed, isAlways }] of attributes) {
    if (isAlways) present.add(key);
    if (isFixed && pieces.every((piece) => typeof piece === 'string')) known.set(key, pieces.join(''));
    else open.add(key);
  }
  return { name, attributes: known, present, ...classesOf(attributes.get('class'), open) };
}

/** Of a class with a value in it, what stands apart from the value is known; of one in a branch, that it may be there. */
function classesOf(
  attribute: FoundAttribute | undefined,
  open: ReadonlySet<string>,
): Pick<StyledElement, 'classes' | 'open'> {
  const text = attribute?.pieces.map((piece) => (typeof piece === 'string' ? piece : VALUE)).join('') ?? '';
  const names = text.split(/\s+/).filter((one) => one !== '');
  const isSure = (name: string): boolean => attribute?.isFixed === true && !name.includes(VALUE);
  return {
    classes: new Set(names.filter(isSure)),
    open: { classes: names.filter((name) => !isSure(name)).flatMap(partlyKnown), attributes: open },
  };
}

/** What branches say may be a name by itself or a part of one. */
function partlyKnown(text: string): readonly PartlyKnown[] {
  const said = text.split(BRANCH).filter((one) => one !== '');
  return said.map((one) => {
    const isWhole = said.length === 1 && !one.includes(VALUE);
    return isWhole ? { name: one } : { parts: one.split(VALUE).filter((part) => part !== '') };
  });
}

interface StylePlace extends Spot {
  readonly own: FoundAttribute | undefined;
}

/** Before what its own attribute says, which holds over it. Undefined where that may be absent, or has no quotes. */
function placeOfStyle({ nameEnd, attributes }: FoundTag): StylePlace | undefined {
  const own = attributes.get('style');
  if (own === undefined) return { ...nameEnd, own };
  return own.isAlways && own.quote !== '' ? { ...own.value, own } : undefined;
}

function styling(
  { own, offset }: StylePlace,
  { css, values }: { readonly css: readonly Declared[]; readonly values: readonly PrintNode[] },
): Edit {
  const quote = own?.quote ?? '"';
  const text = css
    .map(({ name, value, isImportant }) => `${name}: ${asAttribute(value, quote)}${isImportant ? ' !important' : ''}`)
    .join('; ');
  const insert = asNodes(own === undefined ? ` style="${text}"` : `${text}; `, values);
  return { start: offset, until: offset, insert };
}

function asAttribute(value: string, quote: string): string {
  const plain = quote === '"' && !value.includes("'") ? value.replaceAll('"', "'") : value;
  return plain
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(quote, quote === '"' ? '&quot;' : '&#39;');
}
