/** The functions of templates: helpers in Handlebars, functions in Go. Each costs no more than what it is given is long. */

import type { Json } from '../../../core/message.ts';
import type { TemplateSyntax } from '../../../core/template.ts';
import { escapeHtmlText, escapeScript, percentEncodeForm } from '../html/escape.ts';
import { SourceFault } from '../tree.ts';
import { dateText, moneyText, numberText, pluralForm } from './dates.ts';
import { printf } from './printf.ts';
import { compare, inGo, isEqual, isTrue, memberOf, type Value, written } from './values.ts';

/** What functions know besides their arguments. */
export interface Sight {
  readonly syntax: TemplateSyntax;
  readonly locale: string;
  /** Counts work by the characters that it goes over. */
  readonly charge: (characters: number) => void;
}

interface TemplateFunction {
  readonly least: number;
  readonly most: number;
  /** Names of the arguments, where Handlebars may name them. */
  readonly named?: readonly string[];
  /** Only in this syntax. */
  readonly only?: TemplateSyntax;
  readonly run: (args: readonly Value[], sight: Sight) => Value;
}

const ANY = 100;

const text = (value: Value, { syntax, charge }: Sight): string => {
  const made = written(value, syntax, charge);
  charge(made.length);
  return made;
};

const ordered =
  (holds: (order: number) => boolean): TemplateFunction['run'] =>
  ([a, b]) => {
    const order = compare(a, b);
    return order !== undefined && holds(order);
  };

const inText =
  (write: (text: string) => string): TemplateFunction['run'] =>
  (args, sight) =>
    write(sprint(args, sight));

const functions: Readonly<Record<string, TemplateFunction>> = {
  // IEP's own.
  date: {
    ...{ least: 1, most: 4, named: ['value', 'format', 'tz', 'locale'] },
    run: ([value, format, tz, locale], sight) => {
      const when = { timeZone: text(tz, sight) || 'UTC', locale: text(locale, sight) || sight.locale };
      return dateText(value, text(format, sight) || 'medium', when);
    },
  },
  number: {
    ...{ least: 1, most: 3, named: ['value', 'digits', 'locale'] },
    run: ([value, digits, locale], sight) => {
      const count = typeof digits === 'number' ? Math.min(20, Math.max(0, Math.trunc(digits))) : undefined;
      return numberText(value, text(typeof digits === 'string' ? digits : locale, sight) || sight.locale, count);
    },
  },
  currency: {
    ...{ least: 2, most: 3, named: ['value', 'code', 'locale'] },
    run: ([value, code, locale], sight) => moneyText(value, text(code, sight), text(locale, sight) || sight.locale),
  },
  plural: {
    ...{ least: 3, most: 3, named: ['n', 'one', 'other'] },
    run: ([n, one, other], sight) => pluralForm(n, { one: text(one, sight), other: text(other, sight) }, sight.locale),
  },
  truncate: {
    ...{ least: 2, most: 3, named: ['value', 'length', 'end'] },
    run: ([value, length, end], sight) =>
      truncated(text(value, sight), length, end === undefined ? '…' : text(end, sight)),
  },
  default: { least: 2, most: 2, run: ([value, other], { syntax }) => (isGiven(value, syntax) ? value : other) },
  upper: { least: 1, most: 1, run: ([value], sight) => text(value, sight).toUpperCase() },
  lower: { least: 1, most: 1, run: ([value], sight) => text(value, sight).toLowerCase() },
  json: {
    ...{ least: 1, most: 1 },
    run: ([value], { charge }) => {
      const made = JSON.stringify(value ?? null);
      charge(made.length);
      return made;
    },
  },
  join: {
    ...{ least: 1, most: 2, named: ['value', 'separator'] },
    run: ([value, separator], sight) => {
      const between = separator === undefined ? ', ' : text(separator, sight);
      const items = Array.isArray(value) ? value : [value];
      sight.charge(items.length * (between.length + 1));
      return items.map((one) => text(one, sight)).join(between);
    },
  },
  // Both have these.
  eq: { least: 2, most: ANY, run: ([first, ...others]) => others.some((other) => isEqual(first, other)) },
  ne: { least: 2, most: 2, run: ([a, b]) => !isEqual(a, b) },
  lt: { least: 2, most: 2, run: ordered((order) => order < 0) },
  le: { least: 2, most: 2, run: ordered((order) => order <= 0) },
  gt: { least: 2, most: 2, run: ordered((order) => order > 0) },
  ge: { least: 2, most: 2, run: ordered((order) => order >= 0) },
  and: {
    least: 1,
    most: ANY,
    run: (args, { syntax }) => args.find((one) => !isTrue(one, syntax)) ?? notFound(args, false, syntax),
  },
  or: {
    least: 1,
    most: ANY,
    run: (args, { syntax }) => args.find((one) => isTrue(one, syntax)) ?? notFound(args, true, syntax),
  },
  not: { least: 1, most: 1, run: ([value], { syntax }) => !isTrue(value, syntax) },
  lookup: { least: 2, most: 2, only: 'handlebars', run: ([value, name]) => item(value, name) },
  // Go's.
  len: { least: 1, most: 1, only: 'go', run: ([value]) => length(value) },
  index: {
    ...{ least: 1, most: 20, only: 'go' },
    run: ([value, ...names]) => names.reduce<Value>((found, name) => item(found, name), value),
  },
  print: { least: 0, most: ANY, only: 'go', run: (args, sight) => sprint(args, sight) },
  printf: {
    ...{ least: 1, most: ANY, only: 'go' },
    run: ([format, ...args], sight) => {
      if (typeof format !== 'string') throw new SourceFault('printf: its first argument is a text');
      const made = printf(format, args, sight.charge);
      sight.charge(made.length);
      return made;
    },
  },
  html: { least: 1, most: ANY, only: 'go', run: inText(escapeHtmlText) },
  js: { least: 1, most: ANY, only: 'go', run: inText(escapeScript) },
  urlquery: { least: 1, most: ANY, only: 'go', run: inText(percentEncodeForm) },
};

/** Undefined where the syntax has no such function. */
export function functionOf(name: string, syntax: TemplateSyntax): TemplateFunction | undefined {
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  return found?.only === undefined || found.only === syntax ? found : undefined;
}

export function functionNames(syntax: TemplateSyntax): readonly string[] {
  return Object.keys(functions).filter((name) => functionOf(name, syntax) !== undefined);
}

/** What is wrong with a number of arguments, in words; undefined where nothing is. */
export function arityFault(name: string, count: number): string | undefined {
  const { least, most } = functions[name] as TemplateFunction;
  if (count >= least && count <= most) return undefined;
  const wanted = least === most ? `${least}` : most === ANY ? `at least ${least}` : `${least} to ${most}`;
  return `${name} takes ${wanted} ${wanted === '1' ? 'argument' : 'arguments'}, here it has ${count}`;
}

/** The helpers that IEP adds to Go take their value first, also from a pipe. */
export function takesValueFirst(name: string): boolean {
  return ['date', 'number', 'currency', 'plural', 'truncate', 'default', 'join'].includes(name);
}

/** All arguments were passed over: the last one is what `and` and `or` give. */
function notFound(args: readonly Value[], wanted: boolean, syntax: TemplateSyntax): Value {
  const found = args.some((one) => isTrue(one, syntax) === wanted);
  return found ? undefined : args.at(-1);
}

function isGiven(value: Value, syntax: TemplateSyntax): boolean {
  return value !== undefined && value !== null && value !== '' && (syntax === 'handlebars' || isTrue(value, syntax));
}

function item(value: Value, name: Value): Value {
  return typeof name === 'string' || typeof name === 'number' ? memberOf(value, String(name)) : undefined;
}

function length(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length;
  throw new SourceFault('len: its argument is a text, a list or an object');
}

function charged(made: string, { charge }: Sight): string {
  charge(made.length);
  return made;
}

/** By what readers see as characters. */
function truncated(whole: string, length: Value, end: string): string {
  const most = typeof length === 'number' ? Math.max(0, Math.trunc(length)) : Number.NaN;
  if (Number.isNaN(most)) throw new SourceFault('truncate: its second argument is a number of characters');
  if (whole.length <= most) return whole;
  let kept = '';
  let count = 0;
  for (const { segment } of segmenter().segment(whole)) {
    if (count === most) return kept.trimEnd() + end;
    kept += segment;
    count += 1;
  }
  return whole;
}

let segments: Intl.Segmenter | undefined;
function segmenter(): Intl.Segmenter {
  segments ??= new Intl.Segmenter('en');
  return segments;
}

/** As Go's Sprint: a space between two that are no texts. */
function sprint(args: readonly Value[], sight: Sight): string {
  return args
    .map((value: Json | undefined, at) => {
      const before = at > 0 && typeof value !== 'string' && typeof args[at - 1] !== 'string' ? ' ' : '';
      return before + charged(typeof value === 'string' ? value : inGo(value, sight.charge), sight);
    })
    .join('');
}
