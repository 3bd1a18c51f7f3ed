/**
 * What can be said of a template before it runs: which variables it uses, what it prints as HTML, and whether each value stands where
 * one may.
 */

import { transitionOf } from './html/sink.ts';
import { afterValue, HTML_TEXT, type HtmlState } from './html/state.ts';
import { whyNoValue } from './html/write-in-html.ts';
import { type Expression, type Place, SourceFault, type TemplateNode } from './tree.ts';

/** States that a place of HTML may have, by the branches before it. */
type States = ReadonlySet<HtmlState>;
const MAX_STATES = 64;

/** Whether every value may stand where it stands, whatever branches are taken. Throws a SourceFault. `ends`: it is a whole. */
export function checkPlaces(nodes: readonly TemplateNode[], { ends }: { readonly ends: boolean }): void {
  const after = through(nodes, new Set([HTML_TEXT]));
  const left = [...after].find(({ mode, tag }) => mode !== 'text' && !(mode === 'element' && tag === 'plaintext'));
  if (ends && left !== undefined) {
    const where =
      left.mode === 'element' ? `<${left.tag}>, which is not closed` : left.mode === 'comment' ? 'a comment' : 'a tag';
    throw new SourceFault(`it ends inside of ${where}`);
  }

  function through(list: readonly TemplateNode[], from: States): States {
    let states = from;
    for (const node of list) states = one(node, states);
    return states;
  }

  function one(node: TemplateNode, from: States): States {
    switch (node.kind) {
      case 'text':
        return mapped(from, (state) => transitionOf(node, state).to);
      case 'print':
        return mapped(from, (state) => {
          if (node.raw && state.mode === 'text') return state;
          const refused = whyNoValue(state);
          if (refused !== undefined) throw new SourceFault(refused, node.place);
          return afterValue(state);
        });
      case 'if':
      case 'with':
        return union(through(node.body, from), through(node.otherwise, from));
      case 'each':
      case 'section':
        return union(again(node.body, from), through(node.otherwise, from));
      case 'scope':
        return through(node.body, from);
      default:
        return from;
    }
  }

  /** None or many times. */
  function again(body: readonly TemplateNode[], from: States): States {
    let states = from;
    for (;;) {
      const more = union(states, through(body, states));
      if (more.size === states.size) return states;
      states = more;
    }
  }

  function union(a: States, b: States): States {
    const all = new Set([...a, ...b]);
    if (all.size > MAX_STATES) throw new SourceFault('its branches leave tags open in too many ways');
    return all;
  }
}

function mapped(states: States, to: (state: HtmlState) => HtmlState): States {
  return new Set(Array.from(states, to));
}

/** What a value is a part of. Undefined: nothing that was declared. */
type Origin =
  | { readonly kind: 'template' }
  | { readonly kind: 'variable'; readonly name: string }
  | {
      readonly kind: 'named';
      readonly of: Origin | undefined;
      readonly named: Readonly<Record<string, Origin | undefined>>;
    }
  | undefined;

export interface Use {
  readonly name: string;
  readonly place: Place | undefined;
}

export interface Uses {
  /** The variables that are looked at, each where that is first done. */
  readonly variables: ReadonlyMap<string, Use>;
  /** What is printed as HTML: the variable that it is of, where it is of one. */
  readonly raw: readonly { readonly variable: string | undefined; readonly place: Place }[];
}

interface Seen {
  readonly dot: Origin;
  readonly root: Origin;
  readonly up: readonly Origin[];
  readonly locals: ReadonlyMap<string, Origin>;
}

const TEMPLATE: Origin = { kind: 'template' };

export function usesOf(nodes: readonly TemplateNode[]): Uses {
  const variables = new Map<string, Use>();
  const raw: { variable: string | undefined; place: Place }[] = [];
  let place: Place | undefined;
  walk(nodes, { dot: TEMPLATE, root: TEMPLATE, up: [], locals: new Map() });
  return { variables, raw };

  function walk(list: readonly TemplateNode[], around: Seen): void {
    let seen = around;
    for (const node of list) {
      if ('place' in node) place = node.place;
      switch (node.kind) {
        case 'print': {
          const origin = originOf(node.value, seen);
          if (node.raw)
            raw.push({ variable: origin?.kind === 'variable' ? origin.name : undefined, place: node.place });
          break;
        }
        case 'set':
          seen = { ...seen, locals: new Map([...seen.locals, [node.name, originOf(node.value, seen)]]) };
          break;
        case 'if':
        case 'with':
        case 'each':
        case 'section': {
          const origin = originOf(node.value, seen);
          const locals = new Map(seen.locals);
          if (node.item !== undefined) locals.set(node.item, origin);
          if (node.key !== undefined) locals.set(node.key, undefined);
          const inside = node.kind === 'if' ? seen : { ...seen, dot: origin, up: [seen.dot, ...seen.up] };
          walk(node.body, { ...inside, locals });
          walk(node.otherwise, { ...seen, locals });
          break;
        }
        case 'scope': {
          const of = node.sees === 'template' ? TEMPLATE : node.sees === 'here' ? seen.dot : originOf(node.sees, seen);
          const named = Object.fromEntries(
            Object.entries(node.named).map(([name, value]) => [name, originOf(value, seen)]),
          );
          const dot: Origin = Object.keys(named).length === 0 ? of : { kind: 'named', of, named };
          const root = node.sees === 'template' || node.syntax === 'go' ? dot : seen.root;
          walk(node.body, { dot, root, up: [], locals: new Map() });
          break;
        }
      }
    }
  }

  function originOf(expression: Expression, seen: Seen): Origin {
    switch (expression.kind) {
      case 'path': {
        const base =
          expression.from === 'root'
            ? seen.root
            : expression.from === 'local'
              ? seen.locals.get(expression.local ?? '')
              : dotAt(seen, expression.up);
        return member(base, expression.names);
      }
      case 'member':
        return member(originOf(expression.of, seen), expression.names);
      case 'call': {
        const origins = expression.args.map((arg) => originOf(arg, seen));
        return ['default', 'index', 'lookup', 'or', 'and'].includes(expression.name) && isOne(origins)
          ? origins[0]
          : undefined;
      }
      default:
        return undefined;
    }
  }

  function dotAt(seen: Seen, up = 0): Origin {
    return up === 0 ? seen.dot : seen.up[up - 1];
  }

  function member(origin: Origin, names: readonly string[]): Origin {
    const [first, ...rest] = names;
    if (first === undefined) return origin;
    if (origin?.kind === 'variable') return origin;
    if (origin?.kind === 'named') {
      return Object.hasOwn(origin.named, first) ? member(origin.named[first], rest) : member(origin.of, names);
    }
    if (origin === undefined) return undefined;
    if (!variables.has(first)) variables.set(first, { name: first, place });
    return { kind: 'variable', name: first };
  }
}

/** Whether all that may come out is of one variable, or written in the template. */
function isOne(origins: readonly Origin[]): boolean {
  const [first] = origins;
  return origins.every((one) => one?.kind === 'variable' && first?.kind === 'variable' && one.name === first.name);
}
