/**
 * CSS of a mail, made harmless: it is parsed, and written anew by allowlists of at-rules and functions, so that no other spelling
 * gets through. An address stays only as `urlOf` rewrites it. The policy of the frame stands behind it.
 */

import type { Atrule, CssNode, Declaration, List, ListItem } from 'css-tree';
import generate from 'css-tree/generator';
import { ident } from 'css-tree/utils';
import walk from 'css-tree/walker';
import { parseCss, TooManyMistakes } from './parse-css.ts';

export interface CssRules {
  /** What stands in place of an address; undefined: the declaration goes. */
  readonly urlOf: (url: string) => string | undefined;
  /** What `prefers-color-scheme` is asked for finds. */
  readonly scheme: 'light' | 'dark';
}

/** Of all that a mail has together; what is beyond is left out. */
const MAX_LENGTH = 1_000_000;

/** They compute and paint, and fetch nothing: `image-set`, `image`, `src`, `attr`, `expression` and whatever comes are not here. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  ...['rgb', 'rgba', 'hsl', 'hsla', 'hwb', 'lab', 'lch', 'oklab', 'oklch', 'color-mix', 'light-dark'],
  ...['calc', 'min', 'max', 'clamp', 'var'],
  ...['linear-gradient', 'radial-gradient', 'conic-gradient', 'repeating-linear-gradient', 'repeating-radial-gradient'],
  ...[
    'translate',
    'translatex',
    'translatey',
    'scale',
    'scalex',
    'scaley',
    'rotate',
    'skew',
    'skewx',
    'skewy',
    'matrix',
  ],
  ...[
    'cubic-bezier',
    'steps',
    'minmax',
    'repeat',
    'fit-content',
    'blur',
    'brightness',
    'contrast',
    'grayscale',
    'opacity',
  ],
  ...['invert', 'saturate', 'sepia', 'hue-rotate', 'drop-shadow', 'rect', 'inset'],
]);
/** They leave the place of the mail, or have been ways to run a script. */
const PROPERTIES: ReadonlySet<string> = new Set([
  ...['position', 'behavior', '-ms-behavior', '-moz-binding', 'view-transition-name', 'anchor-name', 'z-index'],
]);

/** A whole style sheet. Empty where nothing of it is left. Holds no `<`, so that it ends no element. */
export function cleanSheet(css: string, rules: CssRules): string {
  return clean(css.slice(0, MAX_LENGTH), 'stylesheet', rules);
}

/** What stands in an attribute `style`. */
export function cleanStyle(css: string, rules: CssRules): string {
  return clean(css.slice(0, MAX_LENGTH), 'declarationList', rules);
}

function clean(css: string, context: 'stylesheet' | 'declarationList', rules: CssRules): string {
  try {
    const tree = parseCss(css, { context, parseCustomProperty: true });
    weed(tree, rules);
    return generate(tree).replaceAll('<', '\\3C ');
  } catch (error) {
    // Nested deeper than anybody reads, or nothing but mistakes.
    if (error instanceof RangeError || error instanceof SyntaxError || error instanceof TooManyMistakes) return '';
    throw error;
  }
}

function weed(tree: CssNode, rules: CssRules): void {
  walk(tree, {
    enter(node: CssNode, item: ListItem<CssNode>, list: List<CssNode>) {
      if (list === undefined || list === null) return undefined;
      if (isWelcome(node, rules)) return node.type === 'Declaration' ? walk.skip : undefined;
      list.remove(item);
      return walk.skip;
    },
  });
}

function isWelcome(node: CssNode, rules: CssRules): boolean {
  switch (node.type) {
    case 'Raw':
    case 'Comment':
    case 'CDO':
    case 'CDC':
      return false;
    case 'Atrule':
      return isMedia(node, rules);
    case 'Rule':
      return node.prelude.type !== 'Raw' && !holdsRaw(node.prelude);
    case 'Declaration':
      return isHarmless(node, rules);
    default:
      return true;
  }
}

/** Of at-rules a mail needs those for the width of its reader's screen. */
function isMedia(node: Atrule, { scheme }: CssRules): boolean {
  const { name, prelude, block } = node;
  if (nameOf(name) !== 'media' || prelude === null || block === null || holdsRaw(prelude)) return false;
  walk(prelude, (part) => {
    if (part.type !== 'Feature' || nameOf(part.name) !== 'prefers-color-scheme') return;
    const isAsked = part.value?.type === 'Identifier' && nameOf(part.value.name) === scheme;
    // The frame cannot tell the browser which of the two it is to be: what asks for it is answered here.
    part.name = isAsked ? 'min-width' : 'max-width';
    part.value = { type: 'Dimension', value: isAsked ? '0' : '-1', unit: 'px' };
  });
  return true;
}

function isHarmless(node: Declaration, { urlOf }: CssRules): boolean {
  const property = nameOf(node.property);
  if (PROPERTIES.has(property) || node.value.type === 'Raw') return false;
  let isGood = true;
  walk(node.value, (part) => {
    if (part.type === 'Raw') isGood = false;
    else if (part.type === 'Function') isGood &&= FUNCTIONS.has(nameOf(part.name));
    else if (part.type === 'Url') {
      const other = isGood ? urlOf(part.value) : undefined;
      if (other === undefined) isGood = false;
      else part.value = other;
    }
  });
  return isGood;
}

function holdsRaw(node: CssNode): boolean {
  let isFound = false;
  walk(node, ({ type }) => {
    isFound ||= type === 'Raw';
  });
  return isFound;
}

/** As the browser reads it: escapes stand for what they mean. */
function nameOf(name: string): string {
  return ident.decode(name).toLowerCase();
}
