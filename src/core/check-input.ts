/** Checks the body of a call against its schema and says, field by field, what is wrong with it. */

import { closest, distance } from 'fastest-levenshtein';
import * as z from 'zod';
import type { FieldError } from './errors.ts';
import { invalid } from './invalid.ts';
import { schemaWords } from './schema-words.ts';

/** More faults than anyone reads; a body can hold millions. */
const MAX_ERRORS = 50;
const UNKNOWN = 'is not a known field';
/** No list of any call is longer. Checked first, because a schema makes an issue of every wrong element. */
const MAX_LIST_LENGTH = 10_000;

export interface BodyOptions {
  /** Faults that no schema can know. */
  readonly beside?: readonly FieldError[];
  /** What fields of the body are called elsewhere, and here. */
  readonly otherNames?: Readonly<Record<string, string>>;
}

/** The checked body. Throws `invalid_request` with one error for each fault. */
export function parseBody<T extends z.ZodType>(
  schema: T,
  input: unknown,
  { beside = [], otherNames = {} }: BodyOptions = {},
): z.output<T> {
  const long = longList(input, '', 2);
  if (long !== undefined) throw invalid([{ path: long, message: `must have at most ${MAX_LIST_LENGTH} items` }]);

  const knownFields = new Map<unknown, readonly string[]>();
  const parse = () =>
    schema.safeParse(input, {
      error: (issue) => {
        if (issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject) {
          knownFields.set(issue.keys, Object.keys(issue.inst.shape));
        }
        return schemaWords(issue);
      },
    });
  let result = parse();
  // Serializers write null for what is absent. Where a schema takes null it means something, and is not an issue.
  if (!result.success && leaveOutNulls(input, result.error.issues)) result = parse();
  if (result.success && beside.length === 0) return result.data;
  const errors = result.error?.issues.flatMap((issue) => fieldErrors(issue, [], knownFields)) ?? [];
  const told = errors.map(({ path, message }) => {
    const meant = Object.hasOwn(otherNames, path) && message === UNKNOWN ? otherNames[path] : undefined;
    return { path, message: meant === undefined ? message : `${message}; did you mean \`${meant}\`?` };
  });
  throw invalid([...told, ...beside].slice(0, MAX_ERRORS));
}

/** Takes away the members that are null and at fault for it; says whether there were any. */
function leaveOutNulls(input: unknown, issues: readonly z.core.$ZodIssue[]): boolean {
  let found = false;
  for (const issue of issues) {
    const parent = issue.path.slice(0, -1).reduce(memberOf, input);
    const name = issue.path.at(-1);
    if (name !== undefined && isObject(parent) && memberOf(parent, name) === null) {
      found = Reflect.deleteProperty(parent, name);
    } else if (issue.code === 'invalid_union') {
      const value = issue.path.reduce(memberOf, input);
      for (const branch of issue.errors) found = leaveOutNulls(value, branch) || found;
    }
  }
  return found;
}

function memberOf(value: unknown, name: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function longList(input: unknown, path: string, depth: number): string | undefined {
  if (typeof input !== 'object' || input === null || depth < 0) return undefined;
  if (Array.isArray(input) && input.length > MAX_LIST_LENGTH) return path;
  for (const name of Object.keys(input)) {
    const value = (input as Readonly<Record<string, unknown>>)[name];
    if (typeof value !== 'object' || value === null) continue;
    const found = longList(value, path === '' ? name : `${path}.${name}`, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fieldErrors(
  issue: z.core.$ZodIssue,
  prefix: readonly PropertyKey[],
  knownFields: ReadonlyMap<unknown, readonly string[]>,
): FieldError[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'invalid_union') {
    // The branch that takes values of this type says what is wrong inside; where none does, the union speaks for itself.
    const branch = issue.errors.find((issues) =>
      issues.some((inner) => inner.path.length > 0 || inner.code !== 'invalid_type'),
    );
    if (branch !== undefined) return branch.flatMap((inner) => fieldErrors(inner, path, knownFields));
  }
  if (issue.code === 'unrecognized_keys') {
    const known = knownFields.get(issue.keys) ?? [];
    return issue.keys
      .slice(0, MAX_ERRORS)
      .map((key) => ({ path: [...path, key].join('.'), message: unknownField(key, known) }));
  }
  return [{ path: path.join('.'), message: issue.message }];
}

function unknownField(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  return meant === undefined ? UNKNOWN : `${UNKNOWN}; did you mean \`${meant}\`?`;
}

/** The name that is written alike but for case, separators and a slip, or the only one that holds it; else undefined. */
function nearest(key: string, names: readonly string[]): string | undefined {
  if (names.length === 0 || key.length > 40) return undefined;
  const plain = (name: string) => name.toLowerCase().replace(/[_-]/g, '');
  const found = closest(plain(key), names.map(plain));
  const slips = Math.min(found.length, plain(key).length) < 4 ? 1 : 2;
  if (distance(plain(key), found) <= slips) return names.find((name) => plain(name) === found);
  const [only, another] = key.length < 4 ? [] : names.filter((name) => plain(name).includes(plain(key)));
  return another === undefined ? only : undefined;
}
