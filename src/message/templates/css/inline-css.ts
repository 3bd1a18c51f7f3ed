/**
 * Puts the rules of `<style>` into the attributes of the elements that they are for, once, before any value is put in: so that it costs a
 * message nothing, and the HTML stays as its author wrote it. Media queries, pseudo-classes and `data-embed` stay where they are.
 */

import { type FoundStyle, type FoundTag, type ValuePiece, visitTags } from '../html/tags.ts';
import { type PrintNode, SourceFault, type TemplateNode, type TextNode } from '../tree.ts';
import { type Edit, edited } from './edit.ts';
import { matches, type StyledElement } from './match.ts';
import { type Declared, type InlineRule, readSheet } from './rules.ts';

const MAX_CSS = 256 * 1024;
const MAX_RULES = 5_000;
/** Looks at elements; with what a page of CSS needs far below. */
const MAX_STEPS = 5_000_000;
/** Values in a style sheet, which travel through the parser as names. */
const MARK = 'iepvalue';

const VOID = new Set('area base br col embed hr img input link meta param source track wbr'.split(' '));
/** Elements that end where another of them begins. */
const ENDS_ITSELF = new Set(['p', 'li', 'td', 'th', 'tr', 'option', 'dd', 'dt']);
const UNSEEN = new Set(['head', 'style', 'script', 'title', 'meta', 'link', 'base']);

export function inlineCss(nodes: readonly TemplateNode[]): readonly TemplateNode[] {
  const styles: FoundStyle[] = [];
  visitTags(nodes, { opened: () => undefined, styled: (style) => styles.push(style) });
  const inlined = styles.filter(({ tag, pieces }) => pieces !== undefined && !tag.attributes.has('data-embed'));
  if (inlined.length === 0) return nodes;

  const values: PrintNode[] = [];
  const edits = new Map<TemplateNode, Edit[]>();
  const rules: InlineRule[] = [];
  for (const style of inlined) {
    const sheet = readSheet(asCss(style.pieces ?? [], values));
    rules.push(...sheet.rules);
    replaceStyle(style, { rest: asNodes(sheet.rest, values), edits });
  }
  if (rules.length > MAX_RULES) throw new SourceFault(`its CSS has more than ${MAX_RULES} rules`);
  const rulesFor = createRuleIndex(rules);
  visitElements(nodes, (tag, element) => {
    const declared = rulesFor(element);
    if (declared.length > 0) addStyle(tag, { css: declared, values, edits });
  });
  return edited(nodes, edits);
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

/** The declarations for an element, in the order in which they hold. */
function createRuleIndex(rules: readonly InlineRule[]): (element: StyledElement) => readonly Declared[] {
  const byKey = Map.groupBy(
    rules.map((rule, order) => ({ rule, order })),
    ({ rule }) => keyOf(rule),
  );
  let steps = 0;
  const step = (): void => {
    steps += 1;
    if (steps > MAX_STEPS) throw new SourceFault('its CSS takes too many steps to be put into its elements');
  };
  return (element) => {
    const id = element.attributes.get('id');
    const keys = [
      '*',
      element.name,
      ...Array.from(element.classes, (one) => `.${one}`),
      ...(id === undefined ? [] : [`#${id}`]),
    ];
    const found = keys
      .flatMap((key) => byKey.get(key) ?? [])
      .filter(({ rule }) => {
        step();
        return matches(rule, element, step);
      });
    found.sort((a, b) => a.rule.weight - b.rule.weight || a.order - b.order);
    const declared = new Map<string, Declared>();
    for (const one of found.flatMap(({ rule }) => rule.declarations)) {
      if (declared.get(one.name)?.isImportant === true && !one.isImportant) continue;
      declared.delete(one.name);
      declared.set(one.name, one);
    }
    return [...declared.values()];
  };
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

function elementOf({ name, attributes }: FoundTag): Pick<StyledElement, 'name' | 'classes' | 'attributes'> {
  const known = new Map<string, string>();
  for (const [key, { pieces, isFixed }] of attributes) {
    if (isFixed && pieces.every((piece) => typeof piece === 'string')) known.set(key, pieces.join(''));
  }
  const classes = attributes.get('class');
  // Of a class with a value in it, what stands apart from the value is known.
  const names = classes?.isFixed
    ? classes.pieces.map((piece) => (typeof piece === 'string' ? piece : '\0')).join('')
    : '';
  return {
    name,
    attributes: known,
    classes: new Set(names.split(/\s+/).filter((one) => one !== '' && !one.includes('\0'))),
  };
}

interface Styling {
  readonly css: readonly Declared[];
  readonly values: readonly PrintNode[];
  readonly edits: Map<TemplateNode, Edit[]>;
}

/** Before what its own attribute says, which holds over it. */
function addStyle({ nameEnd, attributes }: FoundTag, { css, values, edits }: Styling): void {
  const own = attributes.get('style');
  if (own !== undefined && (!own.isFixed || own.quote === '')) return;
  const quote = own?.quote ?? '"';
  const text = css
    .map(({ name, value, isImportant }) => `${name}: ${asAttribute(value, quote)}${isImportant ? ' !important' : ''}`)
    .join('; ');
  const { node, offset } = own?.value ?? nameEnd;
  const insert = asNodes(own === undefined ? ` style="${text}"` : `${text}; `, values);
  addEdit(edits, node, { start: offset, until: offset, insert });
}

function asAttribute(value: string, quote: string): string {
  const plain = quote === '"' && !value.includes("'") ? value.replaceAll('"', "'") : value;
  return plain
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(quote, quote === '"' ? '&quot;' : '&#39;');
}
