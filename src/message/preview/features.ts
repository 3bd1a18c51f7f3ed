/** What a mail's HTML uses, as keys of the table of client support. */

import { ident } from 'css-tree/utils';
import walk from 'css-tree/walker';
import { Parser } from 'htmlparser2';
import { MAX_DEPTH, TooDeep } from './clean-html.ts';
import { clientSupport, type SupportFact } from './client-support.ts';
import { parseCss, TooManyMistakes } from './parse-css.ts';

/** Different styles of attributes that are looked at, and characters of style sheets. */
const MAX_STYLES = 2_000;
const MAX_CSS = 500_000;

/** The rows of the table that this HTML meets. */
export function clientWarnings(html: string): readonly SupportFact[] {
  const found = featuresOf(html);
  return clientSupport.filter((row) => found.has(row.found));
}

function featuresOf(html: string): ReadonlySet<string> {
  const found = new Set<string>();
  const styles = new Set<string>();
  const sheets: string[] = [];
  let depth = 0;
  let isStyle = false;
  const parser = new Parser({
    onopentag(name, attributes) {
      depth += 1;
      if (depth > MAX_DEPTH) throw new TooDeep();
      found.add(`element:${name}`);
      isStyle = name === 'style';
      for (const attribute of Object.keys(attributes)) found.add(`attribute:${attribute}`);
      if (attributes.style !== undefined && styles.size < MAX_STYLES) styles.add(attributes.style);
    },
    ontext(text) {
      if (isStyle) sheets.push(text);
    },
    onclosetag() {
      depth -= 1;
      isStyle = false;
    },
  });
  parser.end(html);
  addCss(found, sheets.join('\n').slice(0, MAX_CSS), 'stylesheet');
  for (const style of styles) addCss(found, style.slice(0, MAX_CSS), 'declarationList');
  return found;
}

function addCss(found: Set<string>, css: string, context: 'stylesheet' | 'declarationList'): void {
  try {
    walk(parseCss(css, { context }), (node) => {
      if (node.type === 'Atrule') found.add(`at:${nameOf(node.name)}`);
      else if (node.type === 'Feature') found.add(`media:${nameOf(node.name)}`);
      else if (node.type === 'Function') found.add(`function:${nameOf(node.name)}`);
      else if (node.type === 'Dimension') found.add(`unit:${node.unit.toLowerCase()}`);
      else if (node.type === 'Declaration') {
        const property = nameOf(node.property);
        found.add(`property:${property}`);
        const [value] = node.value.type === 'Value' ? node.value.children : [];
        if (value?.type === 'Identifier') found.add(`value:${property}:${nameOf(value.name)}`);
      }
    });
  } catch (error) {
    // Nested deeper than anybody reads, or nothing but mistakes.
    if (!(error instanceof RangeError || error instanceof TooManyMistakes)) throw error;
  }
}

function nameOf(name: string): string {
  return ident.decode(name).toLowerCase();
}
