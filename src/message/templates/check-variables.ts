/** Variables of a message against what its template declares: all faults at once, defaults put in, texts made what is declared. */

import { normalizeAddress } from '../../core/address.ts';
import { isRecord } from '../../core/is-record.ts';
import type { Json } from '../../core/message.ts';
import type {
  TemplateDefinition,
  TemplateFault,
  TemplateVariable,
  TemplateVariables,
  VariableType,
} from '../../core/template.ts';
import { readTime } from '../../core/time-text.ts';

export interface VariableError {
  /** `variables.NAME` */
  readonly path: string;
  readonly message: string;
}

export type CheckedVariables = { readonly values: TemplateVariables } | { readonly errors: readonly VariableError[] };

/** Undeclared variables pass as they are. */
export function checkVariables(
  { variables: declared }: Pick<TemplateDefinition, 'variables'>,
  variables: TemplateVariables,
): CheckedVariables {
  const values = new Map<string, Json>(Object.entries(variables));
  const errors: VariableError[] = [];
  for (const variable of declared) {
    const { name, type, required } = variable;
    const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
    const value = isAbsent(given, type) ? variable.default : given;
    if (value === undefined || value === null) {
      values.delete(name);
      if (required)
        errors.push({ path: `variables.${name}`, message: `is required, and is not given; it is ${kinds[type]}` });
      continue;
    }
    const read = readAs(value, type);
    if (read === undefined) errors.push({ path: `variables.${name}`, message: `is not ${kinds[type]}` });
    else values.set(name, read);
  }
  return errors.length > 0 ? { errors } : { values: Object.fromEntries(values) };
}

/** Values for a preview: the examples, else the defaults, else something of the type. */
export function exampleVariables({ variables }: Pick<TemplateDefinition, 'variables'>): TemplateVariables {
  return Object.fromEntries(
    variables.map((one) => [one.name, one.example ?? one.default ?? samples[one.type](one.name)]),
  );
}

/** Defaults and examples that are not of the type that is declared, and names that are declared twice or taken. */
export function defaultFaults(variables: readonly TemplateVariable[]): readonly TemplateFault[] {
  const faults: TemplateFault[] = [];
  const names = new Set<string>();
  for (const [at, { name, type, default: other, example }] of variables.entries()) {
    const path = `variables.${at}`;
    if (name === 'brand' || name === 'system')
      faults.push({ path: `${path}.name`, message: `"${name}" is what IEP itself gives` });
    if (names.has(name)) faults.push({ path: `${path}.name`, message: `"${name}" is declared twice` });
    names.add(name);
    for (const [key, value] of Object.entries({ default: other, example })) {
      const isWrong = value !== undefined && value !== null && readAs(value, type) === undefined;
      if (isWrong) faults.push({ path: `${path}.${key}`, message: `is not ${kinds[type]}` });
    }
  }
  return faults;
}

/** What a value is, at the end of a sentence. */
const kinds: Readonly<Record<VariableType, string>> = {
  string: 'a text',
  url: 'a URL that begins with http:, https: or mailto:',
  email: 'an email address such as "user@example.com"',
  number: 'a number',
  boolean: 'true or false',
  date: 'a time such as "2026-11-22T09:30:00Z" (RFC 3339)',
  list: 'a list',
  object: 'an object',
};

const samples: Readonly<Record<VariableType, (name: string) => Json>> = {
  string: (name) => name,
  url: () => 'https://example.com/',
  email: () => 'user@example.com',
  number: () => 1,
  boolean: () => true,
  date: () => '2026-01-15T09:30:00Z',
  list: () => [],
  object: () => ({}),
};

/** An empty text is no value of any type but a text. */
function isAbsent(value: Json | undefined, type: VariableType): boolean {
  return value === undefined || value === null || (value === '' && type !== 'string');
}

/** The value in its type; undefined where it is of another. */
function readAs(value: Json, type: VariableType): Json | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'number' || typeof value === 'boolean'
        ? String(value)
        : isText(value)
          ? value
          : undefined;
    case 'url':
      return isText(value) && isMailUrl(value) ? value : undefined;
    case 'email':
      return isText(value) && normalizeAddress(value) !== undefined ? value : undefined;
    case 'number':
      return asNumber(value);
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : typeof value === 'boolean' ? value : undefined;
    case 'date':
      return isText(value) && readTime(value, 'UTC') !== undefined ? value : undefined;
    case 'list':
      return ofJson(value, Array.isArray);
    default:
      return ofJson(value, isRecord);
  }
}

function isText(value: Json): value is string {
  return typeof value === 'string';
}

function asNumber(value: Json): number | undefined {
  const isNumeral = isText(value) && /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(value.trim());
  const number = isNumeral ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** What came as text may be JSON of it. */
function ofJson(value: Json, is: (value: unknown) => boolean): Json | undefined {
  if (!isText(value)) return is(value) ? value : undefined;
  try {
    const read = JSON.parse(value) as Json;
    return is(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function isMailUrl(text: string): boolean {
  if (!/^(?:https?|mailto):/i.test(text) || /[\s\p{Cc}]/u.test(text)) return false;
  return URL.canParse(text);
}
