/**
 * MJML, compiled before anything is put in: tags of the template travel through it as marks, and are found again in the HTML that it
 * makes. A mark between two elements stands in `mj-raw`, since MJML leaves out what else stands there.
 */

import { type ChoiceNode, type ScopeNode, SourceFault, type TemplateNode } from './tree.ts';

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
  const { source, marks, word } = marked(nodes);
  const { html, errors } = await toHtml(source);
  const [error] = errors.filter(({ message }) => !message.includes(word));
  if (error !== undefined) throw new SourceFault(`MJML: ${error.message}`);
  return unmarked(html, { marks, word });
}

interface Marked {
  readonly source: string;
  readonly marks: readonly Mark[];
  /** What all marks begin with; nothing else in the source does. */
  readonly word: string;
}

function marked(nodes: readonly TemplateNode[]): Marked {
  const all = [...textsOf(nodes)].join('');
  let number = 0;
  while (all.includes(`iepmark${number}x`)) number += 1;
  const word = `iepmark${number}x`;
  const marks: Mark[] = [];
  const pieces: string[] = [];
  const where = createMjmlPlace();
  write(nodes);
  return { source: pieces.join(''), marks, word };

  function write(list: readonly TemplateNode[]): void {
    for (const node of list) {
      if (node.kind === 'text') {
        where.read(node.text);
        pieces.push(node.text);
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

/** Where in MJML the text that was read so far ends: in a tag or plain text, in HTML, or between elements. */
function createMjmlPlace() {
  const TAG = /<(\/?)(mj-[a-z-]+|mjml)(?=[\s/>]|$)|>|<|"/gi;
  let inTag = false;
  let inQuotes = false;
  let tag = '';
  let inside: string | undefined;
  return {
    read(text: string): void {
      for (const [sign, slash = '', name] of text.matchAll(TAG)) {
        if (sign === '"') inQuotes = inTag && !inQuotes;
        else if (sign === '>' && !inQuotes) {
          if (inTag && tag !== '' && inside === undefined && (PLAIN.includes(tag) || WITH_HTML.includes(tag)))
            inside = tag;
          inTag = false;
        } else if (sign.startsWith('<') && !inQuotes) {
          inTag = true;
          tag = slash === '' ? (name ?? '').toLowerCase() : '';
          if (slash !== '' && name?.toLowerCase() === inside) inside = undefined;
        }
      }
    },
    now(): 'plain' | 'html' | 'between' {
      if (inTag) return 'plain';
      if (inside === undefined) return 'between';
      return PLAIN.includes(inside) ? 'plain' : 'html';
    },
  };
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
