/** A style sheet, told apart: the rules that can stand in the attributes of elements, and what cannot. */

import type { CssNode, Rule, Selector } from 'css-tree';
import { ident } from 'css-tree/utils';
import { parseCss, TooManyMistakes } from '../../preview/parse-css.ts';
import { SourceFault } from '../tree.ts';

export interface Declared {
  readonly name: string;
  /** As it was written, without `!important`. */
  readonly value: string;
  readonly isImportant: boolean;
}

/** What one element must be: `a.button[href]`. */
export interface Compound {
  readonly type: string | undefined;
  readonly ids: readonly string[];
  readonly classes: readonly string[];
  readonly attributes: readonly {
    readonly name: string;
    readonly matcher: string | undefined;
    readonly value: string;
  }[];
}

export interface InlineRule {
  /** From the element itself outwards; each with how it stands to the one before: ` `, `>`, `+`, `~`. */
  readonly compounds: readonly { readonly compound: Compound; readonly combinator: string }[];
  /** The larger one wins; then the later one. */
  readonly weight: number;
  readonly declarations: readonly Declared[];
}

export interface Sheet {
  readonly rules: readonly InlineRule[];
  /** At-rules, rules with pseudo-classes, and those that are `kept`, in the order in which they stood. */
  rest(kept: ReadonlySet<InlineRule>): string;
}

export function readSheet(css: string): Sheet {
  const rules: InlineRule[] = [];
  const rest: ((kept: ReadonlySet<InlineRule>) => string | undefined)[] = [];
  const tree = read(css, { context: 'stylesheet', positions: true, parseValue: false, parseCustomProperty: false });
  const source = (node: CssNode) => css.slice(node.loc?.start.offset ?? 0, node.loc?.end.offset ?? 0);
  for (const node of tree.type === 'StyleSheet' ? tree.children : []) {
    if (node.type === 'Comment') continue;
    const declarations = node.type === 'Rule' ? declarationsOf(node) : undefined;
    if (node.type !== 'Rule' || declarations === undefined || node.prelude.type !== 'SelectorList') {
      rest.push(() => source(node));
      continue;
    }
    const selectors = Array.from(node.prelude.children, (selector) => ({
      text: source(selector),
      rule: selector.type === 'Selector' ? inlineRule(selector, declarations) : undefined,
    }));
    rules.push(...selectors.flatMap(({ rule }) => rule ?? []));
    rest.push((kept) => {
      const left = selectors.filter(({ rule }) => rule === undefined || kept.has(rule)).map(({ text }) => text);
      return left.length === 0 ? undefined : `${left.join(', ')} ${source(node.block)}`;
    });
  }
  return { rules, rest: (kept) => rest.flatMap((one) => one(kept) ?? []).join('\n') };
}

function read(css: string, options: Parameters<typeof parseCss>[1]): CssNode {
  try {
    return parseCss(css, options);
  } catch (error) {
    if (error instanceof TooManyMistakes) throw new SourceFault(error.message);
    throw error;
  }
}

/** Undefined where there is something else in the block, such as a rule of its own. */
function declarationsOf({ block }: Rule): readonly Declared[] | undefined {
  const found: Declared[] = [];
  for (const node of block.children) {
    if (node.type === 'Comment') continue;
    if (node.type !== 'Declaration' || node.value.type !== 'Raw') return undefined;
    const { property, value, important } = node;
    found.push({ name: property.toLowerCase(), value: value.value.trim(), isImportant: important !== false });
  }
  return found;
}

/** Undefined where a part of it is none that an element has for good. */
function inlineRule(selector: Selector, declarations: readonly Declared[]): InlineRule | undefined {
  const compounds: { compound: Compound; combinator: string }[] = [];
  let weight = 0;
  let part = noCompound();
  for (const node of selector.children) {
    switch (node.type) {
      case 'TypeSelector':
        if (node.name.includes('|')) return undefined;
        if (node.name !== '*') {
          part.type = ident.decode(node.name).toLowerCase();
          weight += 1;
        }
        break;
      case 'ClassSelector':
        part.classes.push(ident.decode(node.name));
        weight += 1_000;
        break;
      case 'IdSelector':
        part.ids.push(ident.decode(node.name));
        weight += 1_000_000;
        break;
      case 'AttributeSelector': {
        const value = node.value === null ? '' : node.value.type === 'String' ? node.value.value : node.value.name;
        part.attributes.push({ name: node.name.name.toLowerCase(), matcher: node.matcher ?? undefined, value });
        weight += 1_000;
        break;
      }
      case 'Combinator':
        compounds.push({ compound: part, combinator: node.name });
        part = noCompound();
        break;
      default:
        return undefined;
    }
  }
  compounds.push({ compound: part, combinator: '' });
  // From the right: each combinator stands with the compound before it.
  return { compounds: compounds.toReversed(), weight, declarations };
}

function noCompound() {
  return {
    type: undefined as string | undefined,
    ids: [] as string[],
    classes: [] as string[],
    attributes: [] as { name: string; matcher: string | undefined; value: string }[],
  };
}
