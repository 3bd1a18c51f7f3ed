/** Reads a Handlebars template into the tree that IEP runs; what has no place in a mail is refused with its line and column. */

import Handlebars from 'handlebars';
import type { Json } from '../../../core/message.ts';
import {
  type ChoiceNode,
  type Expression,
  type Place,
  placeAfter,
  type ReadSource,
  SourceFault,
  type TemplateNode,
} from '../tree.ts';
import { arityFault, functionNames, functionOf } from '../values/functions.ts';
import { checkHandlebarsCost, type HandlebarsCost } from './cost.ts';
import { type HandlebarsFault, handlebarsFault } from './fault.ts';

const MAX_NAMES = 20;
const MAX_CALLS = 10;
const BLOCKS = ['if', 'unless', 'each', 'with', 'block', 'content'];

/** What mustaches, blocks and sub-expressions have in common. */
interface Call extends hbs.AST.Node {
  readonly path: hbs.AST.PathExpression | hbs.AST.Literal;
  readonly params: hbs.AST.Expression[];
  /** Handlebars' types leave out that there may be none. */
  readonly hash: hbs.AST.Hash | undefined;
}

/** `name`: how faults call the source. Throws a SourceFault. */
export function readHandlebars(source: string, name: string, limits: HandlebarsCost): ReadSource {
  const cost = checkHandlebarsCost(source, limits);
  if (cost !== undefined) throw asSourceFault(cost, name);
  /** Names that blocks give, `{{#each list as |item index|}}`. */
  const inSight: (readonly (string | undefined)[])[] = [];
  return { nodes: program(parsed(source, name), 0), defined: new Map(), blocks: new Map() };

  function placeOf({ loc }: hbs.AST.Node): Place {
    return { source: name, line: loc.start.line, column: loc.start.column + 1 };
  }

  function fail(message: string, node: hbs.AST.Node): never {
    throw new SourceFault(message, placeOf(node));
  }

  function program(tree: hbs.AST.Program | undefined, depth: number): readonly TemplateNode[] {
    return (tree?.body ?? []).flatMap((node) => statement(node, depth));
  }

  function statement(node: hbs.AST.Statement, depth: number): readonly TemplateNode[] {
    switch (node.type) {
      case 'ContentStatement': {
        const { value, original } = node as hbs.AST.ContentStatement;
        if (value === '') return [];
        // A tag beside it may have taken white space away. Handlebars' types are wrong about what it was.
        const whole = String(original);
        const place = placeAfter(placeOf(node), whole.slice(0, whole.indexOf(value)));
        return [{ kind: 'text', text: value, place }];
      }
      case 'CommentStatement':
        return [];
      case 'MustacheStatement': {
        const mustache = node as hbs.AST.MustacheStatement;
        return [{ kind: 'print', value: printed(mustache), raw: !mustache.escaped, place: placeOf(node) }];
      }
      case 'BlockStatement':
        if (depth >= limits.maxNesting) fail(`more than ${limits.maxNesting} blocks in one another`, node);
        return [block(node as hbs.AST.BlockStatement, depth + 1)];
      case 'PartialStatement':
        return [partial(node as hbs.AST.PartialStatement)];
      case 'PartialBlockStatement':
        return fail('a partial with content is not supported; use a layout with {{#block}}', node);
      default:
        return fail('decorators and inline partials are not supported; store a partial', node);
    }
  }

  function block(node: hbs.AST.BlockStatement, depth: number): TemplateNode {
    const place = placeOf(node);
    const word = nameOf(node.path);
    const [item, key] = node.program?.blockParams ?? [];
    inSight.push([item, key]);
    const body = program(node.program, depth);
    inSight.pop();
    const otherwise = program(node.inverse, depth);
    if (word === 'block' || word === 'content') return part(node, word, { body, otherwise });
    const names = { ...(item !== undefined && { item }), ...(key !== undefined && { key }) };
    const parts = { ...names, body, otherwise, place };
    if (isKeyword(word)) return keyword(node, word, parts);
    const isCall = node.params.length > 0 || node.hash !== undefined;
    const value = isCall ? call(node, 0) : pathOf(node.path);
    return { ...parts, kind: isCall ? 'if' : 'section', value };
  }

  function keyword(
    node: hbs.AST.BlockStatement,
    word: 'if' | 'unless' | 'each' | 'with',
    parts: Omit<ChoiceNode, 'kind' | 'value'>,
  ): ChoiceNode {
    const [argument] = node.params;
    if (argument === undefined || node.params.length > 1 || node.hash !== undefined) {
      fail(`#${word} takes one value, such as {{#${word} name}}`, node);
    }
    const value = expression(argument, 0);
    if (word !== 'unless') return { ...parts, kind: word, value };
    return { ...parts, kind: 'if', value, body: parts.otherwise, otherwise: parts.body };
  }

  function part(
    node: hbs.AST.BlockStatement,
    word: 'block' | 'content',
    { body, otherwise }: { body: readonly TemplateNode[]; otherwise: readonly TemplateNode[] },
  ): TemplateNode {
    const [title] = node.params;
    if (title?.type !== 'StringLiteral' || node.params.length > 1 || node.hash !== undefined) {
      fail(`#${word} takes a name in quotes, such as {{#${word} "main"}}`, node);
    }
    if (otherwise.length > 0) fail(`#${word} has no else`, node);
    return { kind: word, name: (title as hbs.AST.StringLiteral).value, body, place: placeOf(node) };
  }

  function partial(node: hbs.AST.PartialStatement): TemplateNode {
    if (node.name.type === 'SubExpression') fail('the name of a partial is written out', node);
    const path = node.name as hbs.AST.PathExpression | hbs.AST.Literal;
    if (node.params.length > 1) fail('a partial takes one value, and named ones', node);
    const [value] = node.params;
    return {
      kind: 'include',
      name: nameOf(path),
      ...(value !== undefined && { value: expression(value, 0) }),
      named: Object.fromEntries((node.hash?.pairs ?? []).map((pair) => [pair.key, expression(pair.value, 0)])),
      place: placeOf(node),
    };
  }

  function printed(node: hbs.AST.MustacheStatement): Expression {
    const isCall = node.params.length > 0 || node.hash !== undefined;
    return isCall ? call(node as Call, 0) : pathOf(node.path);
  }

  function call(node: Call, nested: number): Expression {
    const word = nameOf(node.path);
    if (nested > MAX_CALLS) fail(`more than ${MAX_CALLS} calls in one another`, node);
    const found = functionOf(word, 'handlebars');
    if (found === undefined) {
      const known = [...BLOCKS, ...functionNames('handlebars')].join(', ');
      fail(`no helper is called "${word.slice(0, 40)}"; there are ${known}`, node);
    }
    const args = node.params.map((param) => expression(param, nested + 1));
    for (const { key, value, loc } of node.hash?.pairs ?? []) {
      const at = found?.named?.indexOf(key) ?? -1;
      if (at === -1)
        throw new SourceFault(`${word} has no argument named "${key.slice(0, 40)}"`, placeOf({ type: '', loc }));
      while (args.length < at) args.push({ kind: 'constant', value: null });
      args[at] = expression(value, nested + 1);
    }
    const fault = arityFault(word, args.length);
    if (fault !== undefined) fail(fault, node);
    return { kind: 'call', name: word, args, place: placeOf(node) };
  }

  function expression(node: hbs.AST.Expression, nested: number): Expression {
    switch (node.type) {
      case 'SubExpression': {
        const inner = node as unknown as Call;
        if (inner.params.length === 0 && inner.hash === undefined) return pathOf(inner.path);
        return call(inner, nested);
      }
      case 'PathExpression':
        return pathOf(node as hbs.AST.PathExpression);
      case 'NullLiteral':
      case 'UndefinedLiteral':
        return { kind: 'constant', value: null };
      default:
        return { kind: 'constant', value: (node as hbs.AST.Literal & { value: Json }).value };
    }
  }

  function pathOf(node: hbs.AST.PathExpression | hbs.AST.Literal): Expression {
    if (node.type !== 'PathExpression') return { kind: 'path', from: 'dot', names: [nameOf(node)] };
    const { data, depth, parts, original } = node as hbs.AST.PathExpression;
    if (parts.length > MAX_NAMES) fail(`a path of more than ${MAX_NAMES} names`, node);
    const [first = '', ...rest] = parts;
    if (!data) {
      const isGiven = depth === 0 && original.startsWith(first) && inSight.some((names) => names.includes(first));
      if (isGiven) return { kind: 'path', from: 'local', local: first, names: rest };
      return { kind: 'path', from: 'dot', up: depth, names: parts };
    }
    if (depth > 0) fail(`${original} is not supported; give the item a name: {{#each list as |item|}}`, node);
    if (first === 'root') return { kind: 'path', from: 'root', names: rest };
    if (!['index', 'key', 'first', 'last'].includes(first)) {
      fail(`@${first} is not supported; there are @root, @index, @key, @first, @last`, node);
    }
    return { kind: 'path', from: 'local', local: `@${first}`, names: rest };
  }
}

function parsed(source: string, name: string): hbs.AST.Program {
  try {
    return Handlebars.parse(source);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw asSourceFault(handlebarsFault(error.message, source), name);
  }
}

function asSourceFault({ reason, ...place }: HandlebarsFault, source: string): SourceFault {
  return new SourceFault(reason, { source, ...place });
}

function nameOf(path: hbs.AST.PathExpression | hbs.AST.Literal): string {
  return 'original' in path ? String(path.original) : '';
}

function isKeyword(word: string): word is 'if' | 'unless' | 'each' | 'with' {
  return ['if', 'unless', 'each', 'with'].includes(word);
}
