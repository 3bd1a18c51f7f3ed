/**
 * Puts a template together with its layouts and partials: what comes out has no names left to look up, so that nothing calls itself
 * and what it costs is known before it runs.
 */

import type { TemplateDefinition, TemplateLibrary, TemplateSyntax } from '../../core/template.ts';
import { type ContentField, contentIn } from './content.ts';
import { readGo } from './go/parse.ts';
import { readHandlebars } from './handlebars/parse.ts';
import {
  type BlockNode,
  type ChoiceNode,
  type ContentNode,
  type IncludeNode,
  type Place,
  type ReadSource,
  SourceFault,
  type TemplateNode,
} from './tree.ts';

const MAX_LAYOUTS = 10;
const MAX_INCLUDED = 20;
const MAX_NODES = 50_000;
const MAX_LENGTH = 2 * 1024 * 1024;
const MAX_GO_LENGTH = 512 * 1024;
/** The name of the block that a template without `{{#content}}` fills. */
const MAIN = 'main';

const readLimits = {
  maxTemplateLength: 512 * 1024,
  maxExpressions: 2_000,
  maxExpressionsLength: 128 * 1024,
  maxNesting: 100,
};

export interface LinkInput {
  readonly definition: TemplateDefinition;
  readonly library: TemplateLibrary;
  readonly locale: string | undefined;
  /** It is looked at by itself: a layout without a template, a partial without its place. */
  readonly alone?: boolean;
}

export interface Linked {
  readonly nodes: readonly TemplateNode[];
  readonly syntax: TemplateSyntax;
}

/** One source around another: the template itself is the first, its layout the next. */
interface Level {
  readonly syntax: TemplateSyntax;
  readonly read: ReadSource;
  /** What it gives the blocks of the levels after it. */
  readonly fillings: ReadonlyMap<string, readonly TemplateNode[]>;
}

export function readSource(source: string, { syntax, name }: { syntax: TemplateSyntax; name: string }): ReadSource {
  if (syntax === 'handlebars') return readHandlebars(source, name, readLimits);
  if (source.length > MAX_GO_LENGTH) throw new SourceFault(`longer than ${MAX_GO_LENGTH} characters`, { source: name });
  return readGo(source, name);
}

/** The template and its layouts, outwards. Throws a SourceFault where one is missing or comes again. */
export function layoutsOf(definition: TemplateDefinition, library: TemplateLibrary): readonly TemplateDefinition[] {
  const chain = [definition];
  for (let name = definition.layout; name !== undefined; name = chain.at(-1)?.layout) {
    const of = chain.at(-1) === definition ? '' : `, which "${chain.at(-1)?.name}" uses,`;
    const found = library(name);
    if (found === undefined) throw new SourceFault(`the layout "${name}"${of} does not exist`, { source: 'layout' });
    if (found.kind !== 'layout')
      throw new SourceFault(`"${name}" is a ${found.kind}, not a layout`, { source: 'layout' });
    if (chain.some((one) => one.kind === 'layout' && one.name === name)) {
      throw new SourceFault(`the layout "${name}" is inside of itself`, { source: 'layout' });
    }
    chain.push(found);
    if (chain.length > MAX_LAYOUTS) throw new SourceFault(`more than ${MAX_LAYOUTS} layouts`, { source: 'layout' });
  }
  return chain;
}

/** Undefined where the template has no such field. Throws a SourceFault. */
export function linkField(
  field: ContentField,
  { definition, library, locale, alone = false }: LinkInput,
): Linked | undefined {
  if (contentIn(definition, locale)[field] === undefined) return undefined;
  const isBody = field === 'html' || field === 'text';
  const chain = isBody ? layoutsOf(definition, library) : [definition];
  const levels = chain.flatMap((one) => levelOf(one) ?? []);
  const outermost = levels.at(-1) as Level;
  checkFillings();
  const partials = new Map<string, Linked>();
  let nodeCount = 0;
  let length = 0;
  const { nodes } = outermost.read;
  const linked = expand(nodes, { level: levels.length - 1, names: [] });
  return { nodes: linked, syntax: outermost.syntax };

  function levelOf(one: TemplateDefinition): Level | undefined {
    const found = contentIn(one, locale)[field];
    if (found === undefined) return undefined;
    const name = one === definition ? found.path : `layout "${one.name}" ${found.path}`;
    const read = readSource(found.source, { syntax: one.syntax, name });
    return { syntax: one.syntax, read, fillings: fillingsOf(read) };
  }

  function checkFillings(): void {
    if (alone) return;
    for (const [at, { read }] of levels.entries()) {
      for (const node of read.nodes) {
        if (node.kind !== 'content') continue;
        const isKnown = levels.slice(at + 1).some((outer) => hasBlock(outer, node.name));
        if (!isKnown) throw new SourceFault(`no layout around it has a block "${node.name}"`, node.place);
      }
    }
  }

  interface At {
    readonly level: number;
    /** Partials that this stands in. */
    readonly names: readonly string[];
  }

  function expand(list: readonly TemplateNode[], at: At): readonly TemplateNode[] {
    return list.flatMap((node) => {
      nodeCount += 1;
      if (node.kind === 'text') length += node.text.length;
      if (nodeCount > MAX_NODES) throw new SourceFault(`with its partials it has more than ${MAX_NODES} parts`);
      if (length > MAX_LENGTH) throw new SourceFault(`with its partials it is longer than ${MAX_LENGTH} characters`);
      return one(node, at);
    });
  }

  function one(node: TemplateNode, at: At): readonly TemplateNode[] {
    switch (node.kind) {
      case 'block':
        return block(node, at);
      case 'content':
        return content(node, at);
      case 'include':
        return [include(node, at)];
      case 'text':
      case 'print':
      case 'set':
      case 'scope':
        return [node];
      default:
        return [choice(node, at)];
    }
  }

  function choice(node: ChoiceNode, at: At): ChoiceNode {
    return { ...node, body: expand(node.body, at), otherwise: expand(node.otherwise, at) };
  }

  function content(node: ContentNode, at: At): readonly TemplateNode[] {
    if (alone && levels.length === 1) return expand(node.body, at);
    throw new SourceFault(
      levels.length === 1
        ? `it fills the block "${node.name}" of a layout, and has none`
        : '{{#content}} stands at the top',
      node.place,
    );
  }

  /** The nearest level further in that fills it: so no block is ever inside of itself. */
  function block(node: BlockNode, at: At): readonly TemplateNode[] {
    for (let level = at.level - 1; level >= 0; level -= 1) {
      const { syntax, fillings } = levels[level] as Level;
      const filling = fillings.get(node.name);
      if (filling === undefined) continue;
      const sees = syntax === 'go' && node.value !== undefined ? node.value : 'template';
      return [{ kind: 'scope', syntax, sees, named: {}, body: expand(filling, { level, names: [] }) }];
    }
    const body = expand(node.body, at);
    const { syntax } = levels[at.level] as Level;
    return node.value === undefined ? body : [{ kind: 'scope', syntax, sees: node.value, named: {}, body }];
  }

  function include(node: IncludeNode, at: At): TemplateNode {
    const { name, named, place } = node;
    if (at.names.includes(name))
      throw new SourceFault(`"${name}" is inside of itself: ${[...at.names, name].join(' > ')}`, place);
    if (at.names.length >= MAX_INCLUDED)
      throw new SourceFault(`more than ${MAX_INCLUDED} partials in one another`, place);
    const inside = { ...at, names: [...at.names, name] };
    const reads = levels.map(({ read }) => read);
    const defined =
      firstOf(
        reads.map((read) => read.defined),
        name,
      ) ??
      firstOf(
        reads.map((read) => read.blocks),
        name,
      );
    if (defined !== undefined) {
      return { kind: 'scope', syntax: 'go', sees: node.value ?? 'here', named, body: expand(defined, inside) };
    }
    const { syntax, nodes: found } = partial(name, place);
    return { kind: 'scope', syntax, sees: node.value ?? 'here', named, body: expand(found, inside) };
  }

  function partial(name: string, place: Place): Linked {
    const known = partials.get(name);
    if (known !== undefined) return known;
    const found = library(name);
    if (found === undefined) throw new SourceFault(`the partial "${name}" does not exist`, place);
    if (found.kind !== 'partial') throw new SourceFault(`"${name}" is a ${found.kind}, not a partial`, place);
    const kind = field === 'html' ? 'html' : 'text';
    const source = contentIn(found, locale)[kind];
    if (source === undefined) throw new SourceFault(`the partial "${name}" has no ${kind}`, place);
    const read = readSource(source.source, { syntax: found.syntax, name: `partial "${name}" ${source.path}` });
    const made = { nodes: read.nodes, syntax: found.syntax };
    partials.set(name, made);
    return made;
  }
}

function firstOf(maps: readonly ReadSource['defined'][], name: string): readonly TemplateNode[] | undefined {
  return maps.find((map) => map.has(name))?.get(name);
}

/** Without `{{#content}}` the whole of a template fills the block `main`. */
function fillingsOf({ nodes, defined }: ReadSource): ReadonlyMap<string, readonly TemplateNode[]> {
  const contents = nodes.filter((node) => node.kind === 'content');
  const fillings = new Map([...defined, ...contents.map(({ name, body }) => [name, body] as const)]);
  const rest = nodes.filter((node) => node.kind !== 'content' && !(node.kind === 'text' && node.text.trim() === ''));
  if (contents.length === 0 && !defined.has(MAIN) && rest.length > 0) fillings.set(MAIN, nodes);
  return fillings;
}

function hasBlock({ read }: Level, name: string): boolean {
  const has = (nodes: readonly TemplateNode[]): boolean =>
    nodes.some(
      (node) =>
        (node.kind === 'block' && node.name === name) ||
        ('body' in node && has(node.body)) ||
        ('otherwise' in node && has(node.otherwise)),
    );
  return has(read.nodes) || [...read.defined.values()].some(has);
}
