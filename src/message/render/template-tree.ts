/**
 * Reads a template into Handlebars' tree, refuses what has no place in a mail, and sends every value that is printed
 * through a helper that escapes and counts it.
 */

import Handlebars from 'handlebars';
import { checkHandlebarsCost } from '../templates/handlebars/cost.ts';
import type { RenderLimits } from './limits.ts';
import { TemplateError } from './template-error.ts';

/** The helpers a template may call. */
export const helperNames: readonly string[] = ['if', 'unless', 'each', 'with', 'lookup'];
/** Names with a space, which no template can call. */
export const PRINT = 'print value';
export const PRINT_ESCAPED = 'print escaped';

/** Compiled code grows with each, and no mail needs more. */
const MAX_PATH_NAMES = 20;
const MAX_SUBEXPRESSIONS = 10;
const MAX_ARGUMENTS = 100;

/** Throws a TemplateError, or Handlebars' own error where the syntax is wrong. */
export function readTemplate(
  source: string,
  { forHtml, limits }: { forHtml: boolean; limits: RenderLimits },
): hbs.AST.Program {
  const cost = checkHandlebarsCost(source, limits);
  if (cost !== undefined) throw new TemplateError(cost.reason, cost.line);
  const tree = Handlebars.parse(source);
  createWalk(forHtml, limits.maxNesting)(tree, 0);
  return tree;
}

export function countNodes(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let nodes = 'type' in value ? 1 : 0;
  for (const inner of Object.values(value)) nodes += countNodes(inner);
  return nodes;
}

/** What mustaches, blocks and sub-expressions have in common. */
interface Call extends hbs.AST.Node {
  readonly path: hbs.AST.PathExpression | hbs.AST.Literal;
  readonly params: hbs.AST.Expression[];
  /** Handlebars' types leave out that there may be none. */
  readonly hash: hbs.AST.Hash | undefined;
}

function createWalk(forHtml: boolean, maxNesting: number) {
  function program(node: hbs.AST.Program | undefined, depth: number): void {
    for (const child of node?.body ?? []) statement(child, depth);
  }

  function statement(node: hbs.AST.Statement, depth: number): void {
    if (isMustache(node)) {
      call(node);
      print(node);
    } else if (isBlock(node)) {
      call(node);
      if (depth >= maxNesting) {
        throw new TemplateError(`more than ${maxNesting} blocks in one another`, node.loc.start.line);
      }
      program(node.program, depth + 1);
      program(node.inverse, depth + 1);
    } else if (node.type !== 'ContentStatement' && node.type !== 'CommentStatement') {
      const what = node.type.startsWith('Partial') ? 'partials' : 'decorators and inline partials';
      throw new TemplateError(`${what} are not supported`, node.loc.start.line);
    }
  }

  function call(node: Call, nested = 0): void {
    const { line } = node.loc.start;
    const name = calledHelper(node);
    if (name !== undefined && !helperNames.includes(name)) {
      const known = helperNames.join(', ');
      throw new TemplateError(`no helper is called "${name.slice(0, 40)}"; there are ${known}`, line);
    }
    if (nested > MAX_SUBEXPRESSIONS) {
      throw new TemplateError(`more than ${MAX_SUBEXPRESSIONS} sub-expressions in one another`, line);
    }
    const named = node.hash?.pairs.map((pair) => pair.value) ?? [];
    if (node.params.length + named.length > MAX_ARGUMENTS) {
      throw new TemplateError(`a call with more than ${MAX_ARGUMENTS} arguments`, line);
    }
    for (const value of [node.path, ...node.params, ...named]) {
      if (isSubExpression(value)) call(value, nested + 1);
      if (isPath(value) && value.parts.length > MAX_PATH_NAMES) {
        throw new TemplateError(`a path of more than ${MAX_PATH_NAMES} names`, line);
      }
    }
  }

  /** `{{value}}` becomes a call of the helper that prints, with the value as its argument. */
  function print(node: hbs.AST.MustacheStatement): void {
    const { path, params, hash, loc } = node;
    const value = calledHelper(node) === undefined ? pathOf(node) : { type: 'SubExpression', path, params, hash, loc };
    const printer = pathTo(forHtml && node.escaped ? PRINT_ESCAPED : PRINT, loc);
    Object.assign(node, { path: printer, params: [value], hash: undefined, escaped: false });
  }

  return program;
}

/** The helper that a node calls; undefined where it only looks a value up. */
function calledHelper({ path, params, hash }: Call): string | undefined {
  const name = 'original' in path ? String(path.original) : path.type;
  if (params.length > 0 || hash !== undefined) return name;
  const simple = isPath(path) && Handlebars.AST.helpers.simpleId(path);
  return simple && helperNames.includes(name) ? name : undefined;
}

/** `{{"a b"}}` and `{{12}}` are variables of that name; as an argument they would be the text and the number. */
function pathOf({ path, loc }: Call): hbs.AST.PathExpression {
  return isPath(path) ? path : pathTo('original' in path ? String(path.original) : '', loc);
}

function pathTo(name: string, loc: hbs.AST.SourceLocation): hbs.AST.PathExpression {
  return { type: 'PathExpression', data: false, depth: 0, parts: [name], original: name, loc };
}

function isMustache(node: hbs.AST.Node): node is hbs.AST.MustacheStatement {
  return node.type === 'MustacheStatement';
}

function isBlock(node: hbs.AST.Node): node is hbs.AST.BlockStatement {
  return node.type === 'BlockStatement';
}

function isSubExpression(node: hbs.AST.Node): node is hbs.AST.SubExpression {
  return node.type === 'SubExpression';
}

function isPath(node: hbs.AST.Node): node is hbs.AST.PathExpression {
  return node.type === 'PathExpression';
}
