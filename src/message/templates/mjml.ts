/**
 * MJML, compiled before anything is put in: tags of the template travel through it as marks, and are found again in the HTML that it
 * makes. A mark between two elements stands in `mj-raw`, since MJML leaves out what else stands there.
 */

import { lineOf } from './html/tags.ts';
import { type ChoiceNode, type Place, type ScopeNode, SourceFault, type TemplateNode, type TextNode } from './tree.ts';

/** What MJML makes of a document; `errors` in words, those that hold whatever the values are. */
export type MjmlToHtml = (source: string) => Promise<{ readonly html: string; readonly errors: readonly MjmlError[] }>;

export interface MjmlError {
  readonly message: string;
  readonly line?: number;
}

/** Elements whose content is text or HTML; in the first ones there are no comments. */
const PLAIN = ['mj-style', 'mj-title', 'mj-preview', 'mj-breakpoint', 'mj-font'];
const WITH_HTML = [
  ...['mj-text', 'mj-button', 'mj-table', 'mj-raw', 'mj-navbar-link', 'mj-social-element'],
  ...['mj-accordion-title', 'mj-accordion-text'],
];

type Mark =
  | { readonly kind: 'leaf'; readonly node: TemplateNode }
  | { readonly kind: 'open' | 'else' | 'close'; readonly node: ChoiceNode | ScopeNode };

/** Throws a SourceFault. */
export async function linkMjml(
  nodes: readonly TemplateNode[],
  toHtml: MjmlToHtml | undefined,
): Promise<readonly TemplateNode[]> {
  if (toHtml === undefined) throw new SourceFault('MJML cannot be compiled here');
  const { source, marks, word, placeOf } = marked(nodes);
  const { html, errors } = await toHtml(source);
  const [error] = errors.filter(({ message }) => !message.includes(word));
  if (error !== undefined) throw new SourceFault(`MJML: ${error.message}`, placeOf(error.line));
  if (missesNumbers(html) && !missesNumbers(source)) {
    const about = errors.find(({ message }) => message.includes('for type Unit'));
    const [, attribute = 'a size'] = /^Attribute (\S+)/.exec(about?.message ?? '') ?? [];
    const message = `MJML calculates with ${attribute}, so no value can give it; write it out`;
    throw new SourceFault(message, placeOf(about?.line));
  }
  return unmarked(html, { marks, word });
}

/** What MJML writes where it calculated with something that is no number. */
function missesNumbers(text: string): boolean {
  return /\bNaN|\bundefined\b/.test(text);
}

interface Marked {
  readonly source: string;
  readonly marks: readonly Mark[];
  /** What all marks begin with; nothing else in the source does. */
  readonly word: string;
  /** Where a line of `source` comes from. */
  placeOf(line: number | undefined): Partial<Place>;
}

function marked(nodes: readonly TemplateNode[]): Marked {
  const all = [...textsOf(nodes)].join('');
  let number = 0;
  while (all.includes(`iepmark${number}x`)) number += 1;
  const word = `iepmark${number}x`;
  const marks: Mark[] = [];
  const pieces: string[] = [];
  const where = createMjmlPlace();
  const texts: { readonly from: number; readonly node: TextNode }[] = [];
  let lines = 1;
  write(nodes);
  where.end();
  return { source: pieces.join(''), marks, word, placeOf };

  function placeOf(line: number | undefined): Partial<Place> {
    const found = texts.findLast(({ from }) => line !== undefined && from <= line);
    if (line === undefined || found === undefined) return {};
    const { place } = found.node;
    return { source: place.source, line: place.line + line - found.from };
  }

  function write(list: readonly TemplateNode[]): void {
    for (const node of list) {
      if (node.kind === 'text') {
        where.read(node);
        pieces.push(node.text);
        texts.push({ from: lines, node });
        lines += node.text.split('\n').length - 1;
      } else if (node.kind === 'scope') {
        mark({ kind: 'open', node });
        write(node.body);
        mark({ kind: 'close', node });
      } else if ('otherwise' in node) {
        mark({ kind: 'open', node });
        write(node.body);
        mark({ kind: 'else', node });
        write(node.otherwise);
        mark({ kind: 'close', node });
      } else mark({ kind: 'leaf', node });
    }
  }

  function mark(one: Mark): void {
    const name = `${word}${marks.push(one) - 1}z`;
    const at = where.now();
    if (at === 'plain' || (at === 'html' && one.kind === 'leaf')) pieces.push(name);
    else pieces.push(at === 'html' ? `<!--${name}-->` : `<mj-raw><!--${name}--></mj-raw>`);
  }
}

function* textsOf(nodes: readonly TemplateNode[]): Generator<string> {
  for (const node of nodes) {
    if (node.kind === 'text') yield node.text;
    if ('body' in node) yield* textsOf(node.body);
    if ('otherwise' in node) yield* textsOf(node.otherwise);
  }
}

/**
 * Where in MJML the text that was read so far ends: in a tag or plain text, in HTML, or between elements. Throws where an element is not
 * closed, whose content MJML would leave out.
 */
function createMjmlPlace() {
  const TAG = /<!--|-->|<(\/?)(mj-[a-z-]+|mjml)(?=[\s/>]|$)|>|<|"/gi;
  let inComment = false;
  let inTag = false;
  let inQuotes = false;
  let tag = '';
  let inside: string | undefined;
  const open: { readonly name: string; readonly place: Partial<Place> }[] = [];

  function close(name: string): void {
    const last = open.pop();
    if (last !== undefined && last.name !== name) throw notClosed(last);
  }

  function began(node: TextNode, offset: number): void {
    if (tag === '' || inside !== undefined) return;
    const place = { source: node.place.source, line: lineOf({ node, offset }) };
    if (tag === 'mj-include')
      throw new SourceFault('mj-include reads a file; a template has partials, {{> name}}', place);
    if (node.text[offset - 1] === '/') return;
    if (PLAIN.includes(tag) || WITH_HTML.includes(tag)) inside = tag;
    open.push({ name: tag, place });
  }

  return {
    read(node: TextNode): void {
      for (const found of node.text.matchAll(TAG)) {
        const [sign, slash = '', given = ''] = found;
        const name = given.toLowerCase();
        if (inComment) inComment = sign !== '-->';
        else if (sign === '<!--' && !inTag) inComment = true;
        else if (sign === '"') inQuotes = inTag && !inQuotes;
        else if (sign.endsWith('>') && !inQuotes) {
          if (inTag) began(node, found.index + sign.length - 1);
          inTag = false;
        } else if (sign.startsWith('<') && !inQuotes) {
          inTag = true;
          tag = slash === '' ? name : '';
          if (slash === '' || (inside !== undefined && name !== inside)) continue;
          inside = undefined;
          close(name);
        }
      }
    },
    end(): void {
      const last = open.at(-1);
      if (last !== undefined) throw notClosed(last);
    },
    now(): 'plain' | 'html' | 'between' {
      if (inTag || inComment) return 'plain';
      if (inside === undefined) return 'between';
      return PLAIN.includes(inside) ? 'plain' : 'html';
    },
  };
}

function notClosed({ name, place }: { readonly name: string; readonly place: Partial<Place> }): SourceFault {
  return new SourceFault(`<${name}> is not closed`, place);
}

function unmarked(html: string, { marks, word }: Pick<Marked, 'marks' | 'word'>): readonly TemplateNode[] {
  const [first = '', ...rest] = html.split(word);
  // A text, the number of the mark after it, the next text…
  const pieces = [first];
  for (const piece of rest) {
    const [number = ''] = /^\d+/.exec(piece) ?? [];
    const text = piece.slice(number.length + 1);
    const isComment = pieces.at(-1)?.endsWith('<!--') === true && text.startsWith('-->');
    if (isComment) pieces.push(pieces.pop()?.slice(0, -'<!--'.length) ?? '');
    pieces.push(number, isComment ? text.slice('-->'.length) : text);
  }
  let at = 0;
  const whole = read(undefined);
  return whole.nodes;

  /** Up to the mark that ends `within`. */
  function read(within: ChoiceNode | ScopeNode | undefined): { nodes: readonly TemplateNode[]; by: Mark | undefined } {
    const nodes: TemplateNode[] = [];
    for (;;) {
      const text = pieces[at] ?? '';
      if (text !== '') nodes.push({ kind: 'text', text, place: { source: 'html', line: 1, column: 1 } });
      const number = pieces[at + 1];
      at += 2;
      const mark = number === undefined ? undefined : marks[Number(number)];
      if (mark === undefined) {
        if (within !== undefined) apart(within);
        return { nodes, by: undefined };
      }
      if (mark.kind === 'leaf') nodes.push(mark.node);
      else if (mark.kind === 'open') nodes.push(block(mark.node));
      else {
        if (mark.node !== within) apart(mark.node);
        return { nodes, by: mark };
      }
    }
  }

  function block(node: ChoiceNode | ScopeNode): TemplateNode {
    const { nodes: body, by } = read(node);
    if (node.kind === 'scope') return { ...node, body };
    if (by?.kind !== 'else') apart(node);
    return { ...node, body, otherwise: read(node).nodes };
  }

  function apart(node: ChoiceNode | ScopeNode): never {
    throw new SourceFault(
      'MJML takes a block apart that begins and ends in different elements; put it around whole elements',
      'place' in node ? node.place : {},
    );
  }
}
