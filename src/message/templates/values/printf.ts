/** Go's `printf` for the verbs that texts need, with flags, width and precision. */

import { inGo, type Value } from './values.ts';

const VERB = /%([+\-# 0]*)(\d{1,3})?(?:\.(\d{0,3}))?(.?)/gsu;
const VERBS = 'vsdqtfgexXc%';

/** What is wrong with a format, in words; undefined where nothing is. */
export function checkFormat(format: string): string | undefined {
  for (const [whole, , , , verb = ''] of format.matchAll(VERB)) {
    if (verb === '' || !VERBS.includes(verb)) return `printf has no ${whole}; it has %${[...VERBS].join(' %')}`;
  }
  return undefined;
}

export function printf(format: string, args: readonly Value[], charge: (characters: number) => void): string {
  let at = 0;
  const text = format.replace(VERB, (whole, flags: string, width = '', precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (verb === '' || !VERBS.includes(verb)) return `%!${verb}(NOVERB)`;
    if (at >= args.length) return `%!${verb}(MISSING)`;
    const value = args[at];
    at += 1;
    charge(whole.length + Number(width));
    const made = one(
      value,
      { flags, precision: precision === undefined ? undefined : Number(precision), verb },
      charge,
    );
    return padded(made, { flags, width: Number(width), isNumber: typeof value === 'number' });
  });
  if (at >= args.length) return text;
  return `${text}%!(EXTRA ${args
    .slice(at)
    .map((value) => `${typeName(value)}=${inGo(value, charge)}`)
    .join(', ')})`;
}

interface Verb {
  readonly flags: string;
  readonly precision: number | undefined;
  readonly verb: string;
}

function one(value: Value, { flags, precision, verb }: Verb, charge: (characters: number) => void): string {
  const bad = () =>
    `%!${verb}(${value === undefined || value === null ? '<nil>' : `${typeName(value)}=${inGo(value, charge)}`})`;
  const signed = (text: string) => {
    if (text.startsWith('-')) return text;
    return `${flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''}${text}`;
  };
  const isInteger = typeof value === 'number' && Number.isInteger(value);
  switch (verb) {
    case 'v':
      return typeof value === 'number' ? signed(String(value)) : inGo(value, charge);
    case 's':
      if (typeof value === 'string') return precision === undefined ? value : [...value].slice(0, precision).join('');
      return Array.isArray(value) ? inGo(value, charge) : bad();
    case 'q':
      return typeof value === 'string' ? JSON.stringify(value) : bad();
    case 'd':
      return isInteger ? signed(BigInt(value).toString()) : bad();
    case 'c':
      return isInteger && value >= 0 && value <= 0x10ffff ? String.fromCodePoint(value) : bad();
    case 'x':
    case 'X': {
      if (typeof value !== 'string' && !isInteger) return bad();
      const hex = typeof value === 'string' ? Buffer.from(value).toString('hex') : BigInt(value).toString(16);
      return verb === 'X' ? hex.toUpperCase() : hex;
    }
    case 't':
      return typeof value === 'boolean' ? String(value) : bad();
    default:
      return typeof value === 'number' ? signed(float(value, verb, precision)) : bad();
  }
}

function float(value: number, verb: string, precision: number | undefined): string {
  const digits = Math.min(precision ?? 6, 100);
  if (verb === 'f') return value.toFixed(digits);
  if (verb === 'e') return value.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2');
  return precision === undefined ? String(value) : String(Number(value.toPrecision(Math.max(1, digits))));
}

function padded(text: string, { flags, width, isNumber }: { flags: string; width: number; isNumber: boolean }): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!flags.includes('0')) return ' '.repeat(missing) + text;
  const sign = isNumber && /^[+-]/.test(text) ? text.charAt(0) : '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}

function typeName(value: Value): string {
  if (value === undefined || value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64';
  if (typeof value === 'object') return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : 'string';
}
