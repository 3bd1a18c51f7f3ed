/**
 * Runs what a template was read into. A step is a node, a call or some characters that are gone over; steps, characters and
 * processor time have limits, so that a template ends, whatever its values are.
 */

import { isRecord } from '../../core/is-record.ts';
import type { Json } from '../../core/message.ts';
import type { TemplateSyntax } from '../../core/template.ts';
import type { Sink } from './html/sink.ts';
import { type ChoiceNode, type Expression, type ScopeNode, SourceFault, type TemplateNode } from './tree.ts';
import { functionOf, type Sight } from './values/functions.ts';
import { isTrue, memberOf, sortedKeys, type Value } from './values/values.ts';

export interface RunLimits {
  readonly maxSteps: number;
  /** Characters of the result. */
  readonly maxLength: number;
  /** Processor time of this thread. */
  readonly maxMs: number;
}

export const defaultRunLimits: RunLimits = { maxSteps: 500_000, maxLength: 2 * 1024 * 1024, maxMs: 250 };

const CHARACTERS_A_STEP = 64;
const STEPS_A_LOOK = 4096;

/** What one message may still take: subject, HTML and text together. */
export interface Meter {
  charge(characters: number): void;
  step(): void;
  length(characters: number): void;
}

export function createMeter(limits: RunLimits = defaultRunLimits): Meter {
  let steps = 0;
  let lookAt = STEPS_A_LOOK;
  const since = cpuMs();
  const taken = (more: number): void => {
    steps += more;
    if (steps < lookAt) return;
    if (steps > limits.maxSteps) throw new SourceFault(`it takes more than ${limits.maxSteps} steps`);
    lookAt = steps + STEPS_A_LOOK;
    if (cpuMs() - since > limits.maxMs)
      throw new SourceFault(`it takes more than ${limits.maxMs} ms of processor time`);
  };
  return {
    charge: (characters) => taken(characters / CHARACTERS_A_STEP),
    step: () => taken(1),
    length(characters) {
      if (characters > limits.maxLength) throw new SourceFault(`it gives more than ${limits.maxLength} characters`);
    },
  };
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** What is seen at a place of a template. */
interface Frame {
  readonly dot: Value;
  readonly root: Value;
  /** The block around this one that sees another value (`../`). */
  readonly up?: Frame;
  /** What is around it in the same source. */
  readonly outer?: Frame;
  locals?: Map<string, Value>;
}

export interface RunInput {
  readonly nodes: readonly TemplateNode[];
  readonly syntax: TemplateSyntax;
  /** What the template sees: variables, `brand`, `system`. */
  readonly data: { readonly [name: string]: Json };
  readonly locale: string;
  readonly sink: Sink;
  readonly meter: Meter;
}

/** Throws a SourceFault. */
export function runTemplate({ nodes, syntax, data, locale, sink, meter }: RunInput): string {
  let sight: Sight = { syntax, locale, charge: meter.charge };
  const top: Frame = { dot: data, root: data };
  run(nodes, top);
  return sink.whole();

  function run(list: readonly TemplateNode[], frame: Frame): void {
    for (const node of list) {
      meter.step();
      one(node, frame);
      meter.length(sink.length());
    }
  }

  function one(node: TemplateNode, frame: Frame): void {
    switch (node.kind) {
      case 'text':
        sink.text(node);
        break;
      case 'print':
        sink.print(node, evaluate(node.value, frame), sight);
        break;
      case 'set':
        frame.locals ??= new Map();
        frame.locals.set(node.name, evaluate(node.value, frame));
        break;
      case 'scope':
        scope(node, frame);
        break;
      case 'if':
      case 'with':
      case 'each':
      case 'section':
        choice(node, frame);
        break;
      default:
        throw new Error(`linking left a ${node.kind}`);
    }
  }

  function scope({ syntax: inside, sees, named, body }: ScopeNode, frame: Frame): void {
    const around = sight;
    const data = sees === 'template' ? top.root : sees === 'here' ? frame.dot : evaluate(sees, frame);
    const names = Object.entries(named);
    const dot = names.length === 0 ? data : withNamed(data, names, frame);
    sight = { ...sight, syntax: inside };
    // `$` of Go is what was handed over; `@root` of Handlebars is what the template sees.
    run(body, sees === 'template' ? top : { dot, root: inside === 'go' && sees !== 'here' ? dot : frame.root });
    sight = around;
  }

  function withNamed(data: Value, names: readonly (readonly [string, Expression])[], frame: Frame): Value {
    const made = isRecord(data) ? Object.entries(data) : [];
    meter.charge(made.length);
    return Object.fromEntries([
      ...made,
      ...names.map(([name, value]) => [name, evaluate(value, frame) ?? null]),
    ]) as Json;
  }

  function choice(node: ChoiceNode, frame: Frame): void {
    const value = evaluate(node.value, frame);
    const isList = node.kind === 'each' || (node.kind === 'section' && Array.isArray(value));
    if (isList) each(node, value, frame);
    else if (!holds(node, value)) run(node.otherwise, inner(node, frame, value));
    else if (node.kind === 'if' || (node.kind === 'section' && value === true))
      run(node.body, inner(node, frame, value));
    else run(node.body, seeing(node, frame, value));
  }

  /** Only `if` of Handlebars takes a zero for nothing. */
  function holds({ kind }: ChoiceNode, value: Value): boolean {
    return isTrue(value, sight.syntax) || (kind !== 'if' && sight.syntax === 'handlebars' && value === 0);
  }

  /** The same sight, with the names that the block gives. */
  function inner({ item }: ChoiceNode, frame: Frame, value: Value): Frame {
    if (sight.syntax !== 'go') return frame;
    return { ...frame, outer: frame, locals: new Map(item === undefined ? [] : [[item, value]]) };
  }

  function seeing({ item, key }: ChoiceNode, frame: Frame, value: Value, at?: readonly [string, Value][]): Frame {
    const locals = new Map<string, Value>(at);
    if (item !== undefined) locals.set(item, value);
    const position = at?.[0]?.[1];
    if (key !== undefined) locals.set(key, position);
    return { dot: value, root: frame.root, up: frame, outer: frame, locals };
  }

  function each(node: ChoiceNode, value: Value, frame: Frame): void {
    const entries = entriesOf(node, value);
    if (entries.length === 0) run(node.otherwise, frame);
    for (const [at, [key, item]] of entries.entries()) {
      meter.step();
      const locals: [string, Value][] = [['@key', key]];
      if (sight.syntax === 'handlebars') {
        locals.push(['@index', at], ['@first', at === 0], ['@last', at === entries.length - 1]);
      }
      run(node.body, seeing(node, frame, item, locals));
    }
  }

  function entriesOf(node: ChoiceNode, value: Value): readonly (readonly [Value, Value])[] {
    if (Array.isArray(value)) return value.map((item, at) => [at, item] as const);
    if (isRecord(value)) {
      const keys = sight.syntax === 'go' ? sortedKeys(value) : Object.keys(value);
      return keys.map((key) => [key, value[key] as Json] as const);
    }
    if (sight.syntax === 'go' && value !== undefined && value !== null) {
      throw new SourceFault('range goes over a list or an object; this is neither', node.place);
    }
    return [];
  }

  function evaluate(expression: Expression, frame: Frame): Value {
    switch (expression.kind) {
      case 'constant':
        return expression.value;
      case 'path':
        return look(expression.names, from(expression, frame));
      case 'member':
        return look(expression.names, evaluate(expression.of, frame));
      default:
        return call(expression, frame);
    }
  }

  function look(names: readonly string[], value: Value): Value {
    let found = value;
    for (const name of names) found = memberOf(found, name);
    return found;
  }

  function from(path: Expression & { kind: 'path' }, frame: Frame): Value {
    if (path.from === 'root') return frame.root;
    if (path.from === 'dot') {
      let at: Frame | undefined = frame;
      for (let up = path.up ?? 0; up > 0; up -= 1) at = at?.up;
      return at?.dot;
    }
    const name = path.local ?? '';
    for (let at: Frame | undefined = frame; at !== undefined; at = at.outer) {
      if (at.locals?.has(name)) return at.locals.get(name);
    }
    return undefined;
  }

  function call({ name, args, place }: Expression & { kind: 'call' }, frame: Frame): Value {
    meter.step();
    const found = functionOf(name, sight.syntax);
    if (found === undefined) throw new SourceFault(`no function is called "${name}"`, place);
    if (name === 'and' || name === 'or') return firstThat(name === 'or', args, frame);
    const values = args.map((arg) => evaluate(arg, frame));
    try {
      return found.run(values, sight);
    } catch (error) {
      if (error instanceof SourceFault && error.place.line === undefined) throw new SourceFault(error.message, place);
      throw error;
    }
  }

  /** `and` and `or` look no further than they must. */
  function firstThat(wanted: boolean, args: readonly Expression[], frame: Frame): Value {
    let value: Value;
    for (const arg of args) {
      value = evaluate(arg, frame);
      if (isTrue(value, sight.syntax) === wanted) return value;
    }
    return value;
  }
}
