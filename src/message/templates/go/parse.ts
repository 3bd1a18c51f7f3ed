/**
 * Reads the part of Go's text/template that IEP has: what the words below say. Everything else is refused with line and column,
 * rather than taken for something that it is not.
 */

import type { Json } from '../../../core/message.ts';
import {
  type BlockNode,
  type ChoiceNode,
  type Expression,
  type Place,
  type ReadSource,
  SourceFault,
  type TemplateNode,
} from '../tree.ts';
import { arityFault, functionOf, takesValueFirst } from '../values/functions.ts';
import { checkFormat } from '../values/printf.ts';
import { lexGo, type Token } from './lex.ts';

/** Functions of Go that IEP has not, and what to do about it. */
const missing: Readonly<Record<string, string>> = {
  break: 'break is not supported; use if inside of range',
  continue: 'continue is not supported; use if inside of range',
  call: 'call is not supported: values have no functions',
  slice: 'slice is not supported; use truncate for texts, or prepare the value',
  println: 'println is not supported; use print',
};
const MAX_NESTING = 100;
const MAX_PARENTHESES = 20;
/** Parts of a pipeline: each is a call around those before it. */
const MAX_PIPED = 20;
/** Variables in sight at a place. */
const MAX_VARIABLES = 200;

interface Branch {
  readonly nodes: readonly TemplateNode[];
  /** What ended it. */
  readonly by: 'end' | 'else' | 'eof';
  readonly place: Place;
}

/** `name`: how faults call the source. Throws a SourceFault. */
export function readGo(source: string, name: string): ReadSource {
  const tokens = lexGo(source, name);
  const defined = new Map<string, readonly TemplateNode[]>();
  const blocks = new Map<string, readonly TemplateNode[]>();
  let at = 0;
  let depth = 0;
  let parentheses = 0;
  /** Names of variables that are in sight. */
  let variables: string[] = ['$'];

  const whole = branch('eof');
  return { nodes: whole.nodes, defined, blocks };

  function peek(): Token {
    return tokens[at] ?? (tokens.at(-1) as Token);
  }

  function next(): Token {
    const token = peek();
    at += 1;
    return token;
  }

  function skipSpace(): void {
    while (peek().kind === 'space') at += 1;
  }

  function fail(message: string, place: Place = peek().place): never {
    throw new SourceFault(message, place);
  }

  function isSign(text: string): boolean {
    const token = peek();
    return token.kind === 'sign' && token.text === text;
  }

  /** What stands up to `{{end}}`, `{{else}}` or the end of the source. */
  function branch(until: 'eof' | 'end' | 'else', opened?: Place): Branch {
    depth += 1;
    if (depth > MAX_NESTING) fail(`more than ${MAX_NESTING} blocks in one another`);
    const nodes: TemplateNode[] = [];
    const inSight = variables.length;
    try {
      for (;;) {
        const token = next();
        if (token.kind === 'text') nodes.push({ kind: 'text', text: token.text, place: token.place });
        else if (token.kind === 'end') {
          if (until !== 'eof') fail('a block is not closed; it ends with {{end}}', opened ?? token.place);
          return { nodes, by: 'eof', place: token.place };
        } else {
          const ended = action(token.place, nodes);
          if (ended === undefined) continue;
          if (until === 'eof') fail(`{{${ended}}} stands where no block is open`, token.place);
          if (ended === 'else' && until === 'end') fail('{{else}} is not expected here', token.place);
          return { nodes, by: ended, place: token.place };
        }
      }
    } finally {
      depth -= 1;
      variables = variables.slice(0, inSight);
    }
  }

  function action(place: Place, nodes: TemplateNode[]): 'end' | 'else' | undefined {
    skipSpace();
    const token = peek();
    if (token.kind !== 'identifier') {
      statement(place, nodes);
      return undefined;
    }
    switch (token.text) {
      case 'end':
        at += 1;
        close('end');
        return 'end';
      case 'else':
        at += 1;
        return 'else';
      case 'if':
      case 'with':
      case 'range':
        at += 1;
        nodes.push(choice(token.text === 'range' ? 'each' : token.text, place));
        return undefined;
      case 'define':
        at += 1;
        define(place);
        return undefined;
      case 'template':
        at += 1;
        nodes.push(include(place));
        return undefined;
      case 'block':
        at += 1;
        nodes.push(block(place));
        return undefined;
      default:
        statement(place, nodes);
        return undefined;
    }
  }

  function close(what: string): void {
    skipSpace();
    const token = next();
    if (token.kind !== 'close') fail(`${shown(token)} is not expected after ${what}`, token.place);
  }

  /** `{{pipeline}}` or `{{$v := pipeline}}`. */
  function statement(place: Place, nodes: TemplateNode[]): void {
    const [name] = declaration(1);
    if (name !== undefined) {
      const value = pipeline(`:=`);
      declare([name], place);
      nodes.push({ kind: 'set', name, value });
    } else {
      const value = pipeline('the tag');
      nodes.push(printed(value, place));
    }
    close('a value');
  }

  function printed(value: Expression, place: Place): TemplateNode {
    if (value.kind === 'call' && value.name === 'safeHTML') {
      return { kind: 'print', value: value.args[0] as Expression, raw: true, place };
    }
    const [inner] = value.kind === 'call' ? value.args : [];
    if (
      value.kind === 'call' &&
      (value.name === 'html' || value.name === 'urlquery') &&
      value.args.length === 1 &&
      inner
    ) {
      return { kind: 'print', value: inner, raw: false, written: value.name, place };
    }
    return { kind: 'print', value, raw: false, place };
  }

  /** The names before `:=`; none where there is none. */
  function declaration(most: number): readonly string[] {
    skipSpace();
    const from = at;
    const names: string[] = [];
    while (peek().kind === 'variable' && names.length < most) {
      names.push(next().text);
      skipSpace();
      if (!isSign(',')) break;
      at += 1;
      skipSpace();
    }
    if (names.length > 0 && isSign('=')) {
      fail(`${names[0]} = … is not supported: a variable keeps its value; declare one with :=`);
    }
    if (names.length > 0 && isSign(':=')) {
      at += 1;
      for (const name of names) if (name === '$') fail('$ is the name of the whole; name the variable, such as $v');
      return names;
    }
    at = from;
    return [];
  }

  function declare(names: readonly string[], place: Place): void {
    variables.push(...names);
    if (variables.length > MAX_VARIABLES) fail(`more than ${MAX_VARIABLES} variables in sight`, place);
  }

  function choice(kind: 'if' | 'with' | 'each', place: Place): ChoiceNode {
    const word = kind === 'each' ? 'range' : kind;
    const inSight = variables.length;
    const names = declaration(kind === 'each' ? 2 : 1);
    const value = pipeline(word);
    declare(names, place);
    close(word);
    const body = branch('else', place);
    const [item, key] = names.toReversed();
    const given = { ...(item !== undefined && { item }), ...(key !== undefined && { key }) };
    const otherwise = body.by === 'else' ? alternative(kind, word, place) : [];
    variables = variables.slice(0, inSight);
    return { kind, value, ...given, body: body.nodes, otherwise, place };
  }

  /** After `else`: another `if`, or the rest up to `{{end}}`. */
  function alternative(kind: ChoiceNode['kind'], word: string, place: Place): readonly TemplateNode[] {
    skipSpace();
    const token = peek();
    if (token.kind === 'close') {
      at += 1;
      return branch('end', place).nodes;
    }
    if (token.kind !== 'identifier' || token.text !== 'if' || kind !== 'if') {
      fail(
        `${shown(token)} is not expected after else of ${word}${kind === 'if' ? '; there is else if' : ''}`,
        token.place,
      );
    }
    depth += 1;
    if (depth > MAX_NESTING) fail(`more than ${MAX_NESTING} blocks in one another`);
    at += 1;
    const nested = choice('if', token.place);
    depth -= 1;
    return [nested];
  }

  function define(place: Place): void {
    if (depth > 1) fail('{{define}} stands inside of a block; it stands at the top', place);
    const name = nameOfTemplate('define');
    close('define');
    if (defined.has(name)) fail(`"${name}" is defined twice`, place);
    defined.set(name, apart(place));
  }

  /** A body that sees none of the variables around it. */
  function apart(place: Place): readonly TemplateNode[] {
    const around = variables;
    variables = ['$'];
    const { nodes } = branch('end', place);
    variables = around;
    return nodes;
  }

  function include(place: Place): TemplateNode {
    const name = nameOfTemplate('template');
    const value = pipelineOrNone('template');
    close('template');
    return { kind: 'include', name, named: {}, value: value ?? { kind: 'constant', value: null }, place };
  }

  function block(place: Place): BlockNode {
    const name = nameOfTemplate('block');
    const value = pipeline('block');
    close('block');
    const body = apart(place);
    blocks.set(name, body);
    return { kind: 'block', name, value, body, place };
  }

  function nameOfTemplate(word: string): string {
    skipSpace();
    const token = next();
    if (token.kind !== 'string') fail(`${word} is followed by a name in double quotes`, token.place);
    return textOf(token);
  }

  function pipelineOrNone(word: string): Expression | undefined {
    skipSpace();
    return peek().kind === 'close' ? undefined : pipeline(word);
  }

  function pipeline(word: string): Expression {
    let value: Expression | undefined;
    for (let parts = 1; ; parts += 1) {
      skipSpace();
      value = command(word, value);
      skipSpace();
      if (!isSign('|')) return value;
      if (parts === MAX_PIPED) fail(`more than ${MAX_PIPED} parts in a pipeline`);
      if (value.kind === 'call' && value.name === 'safeHTML') fail('safeHTML stands last in its tag');
      at += 1;
    }
  }

  /** One part of a pipeline: a value, or a function with arguments. `piped` is what comes from the part before. */
  function command(word: string, piped: Expression | undefined): Expression {
    const token = peek();
    if (token.kind === 'identifier' && !isConstant(token.text)) return call(piped);
    const value = operand();
    if (value === undefined) fail(`a value is missing in ${word}`, token.place);
    skipSpace();
    const after = peek();
    if (startsOperand(after)) {
      const what = value.kind === 'path' || value.kind === 'member' ? 'a value has no methods' : 'it is no function';
      fail(`${shown(token)} is followed by an argument, but ${what}`, after.place);
    }
    if (piped !== undefined) fail('what stands after | is a function', token.place);
    return value;
  }

  function call(piped: Expression | undefined): Expression {
    const token = next();
    const name = token.text;
    const hint = missing[name];
    if (hint !== undefined) fail(hint, token.place);
    if (name !== 'safeHTML' && functionOf(name, 'go') === undefined)
      fail(`no function is called "${name}"`, token.place);
    const args: Expression[] = [];
    for (;;) {
      const from = at;
      skipSpace();
      const separated = at > from;
      const value = operand();
      if (value === undefined) break;
      if (!separated) fail('a space is missing between function and argument', token.place);
      args.push(value);
    }
    // Go hands a piped value over as the last argument; what IEP adds takes its value first, and so from a pipe too.
    if (piped !== undefined) args.splice(takesValueFirst(name) ? 0 : args.length, 0, piped);
    const fault = name === 'safeHTML' ? safeFault(args) : arityFault(name, args.length);
    if (fault !== undefined) fail(fault, token.place);
    const [format] = args;
    if (name === 'printf' && format?.kind === 'constant') {
      const wrong = checkFormat(String(format.value));
      if (wrong !== undefined) fail(wrong, token.place);
    }
    return { kind: 'call', name, args, place: token.place };
  }

  function safeFault(args: readonly Expression[]): string | undefined {
    if (args.length !== 1) return 'safeHTML takes one value';
    return parentheses > 0 ? 'safeHTML stands last in its tag, without parentheses' : undefined;
  }

  function startsOperand(token: Token): boolean {
    return (
      ['identifier', 'field', 'dot', 'variable', 'string', 'number'].includes(token.kind) ||
      (token.kind === 'sign' && token.text === '(')
    );
  }

  /** Undefined where none begins here. */
  function operand(): Expression | undefined {
    const token = peek();
    switch (token.kind) {
      case 'identifier':
        at += 1;
        if (isConstant(token.text)) return { kind: 'constant', value: constants[token.text] as Json };
        if (missing[token.text] !== undefined) fail(missing[token.text] as string, token.place);
        if (token.text !== 'safeHTML' && functionOf(token.text, 'go') === undefined) {
          fail(`no function is called "${token.text}"`, token.place);
        }
        // A function without arguments, as an argument of another.
        return fail(
          `${token.text} takes arguments: write it in parentheses, such as (${token.text} .Name)`,
          token.place,
        );
      case 'dot':
        at += 1;
        return { kind: 'path', from: 'dot', names: [] };
      case 'field':
        return { kind: 'path', from: 'dot', names: fields() };
      case 'variable':
        at += 1;
        if (!variables.includes(token.text)) fail(`no variable is called ${token.text} here`, token.place);
        return token.text === '$'
          ? { kind: 'path', from: 'root', names: fields() }
          : { kind: 'path', from: 'local', local: token.text, names: fields() };
      case 'string':
        at += 1;
        return { kind: 'constant', value: textOf(token) };
      case 'number':
        at += 1;
        return { kind: 'constant', value: numberOf(token) };
      case 'sign':
        return token.text === '(' ? parenthesized(token) : undefined;
      default:
        return undefined;
    }
  }

  function parenthesized(token: Token): Expression {
    at += 1;
    parentheses += 1;
    if (parentheses > MAX_PARENTHESES) fail(`more than ${MAX_PARENTHESES} parentheses in one another`, token.place);
    const value = pipeline('parentheses');
    parentheses -= 1;
    skipSpace();
    if (!isSign(')')) fail(`${shown(peek())} is not expected; a parenthesis is not closed`);
    at += 1;
    const names = fields();
    return names.length === 0 ? value : { kind: 'member', of: value, names };
  }

  /** `.A.B` with nothing between. */
  function fields(): readonly string[] {
    const names: string[] = [];
    while (peek().kind === 'field') names.push(next().text.slice(1));
    if (peek().kind === 'dot') fail('a name is missing after the dot');
    return names;
  }

  function textOf({ text, place }: Token): string {
    if (text.startsWith('`')) return text.slice(1, -1).replaceAll('\r', '');
    return text.slice(1, -1).replace(ESCAPE, (all, code: string) => {
      const made = unescaped(code);
      return made ?? fail(`${all} is not an escape that Go has`, place);
    });
  }

  function numberOf({ text, place }: Token): number {
    const plain = text.replaceAll('_', '');
    const value =
      /^[+-]?0\d/.test(plain) && !/[.eE]/.test(plain)
        ? Number.NaN
        : Number(plain.replace(/^\+/, '').replace(/^-(0x.*)$/i, '$1'));
    if (!Number.isFinite(value)) fail(`${text} is not a number that is supported`, place);
    return /^-0x/i.test(plain) ? -value : value;
  }
}

const constants: Readonly<Record<string, Json>> = { true: true, false: false, nil: null };

function isConstant(name: string): boolean {
  return Object.hasOwn(constants, name);
}

const ESCAPE = /\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3}|.)/gs;
const SHORT: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"' },
};

function unescaped(code: string): string | undefined {
  if (/^[xuU]./.test(code)) {
    const point = Number.parseInt(code.slice(1), 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : undefined;
  }
  if (/^[0-7]{3}$/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
  return SHORT[code];
}

function shown({ kind, text }: Token): string {
  return kind === 'end' ? 'the end' : JSON.stringify(text.slice(0, 40));
}
