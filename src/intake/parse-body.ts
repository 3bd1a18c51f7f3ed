/** Checks the body of a call against its schema and says, field by field, what is wrong with it. */

import { closest } from 'fastest-levenshtein';
import * as z from 'zod';
import { type FieldError, IepError } from '../core/errors.ts';
import { schemaWords } from '../core/schema-words.ts';
import { MAX_NAME_LENGTH, shorten } from '../core/shown.ts';

/** More faults than anyone reads; a body can hold millions. */
const MAX_ERRORS = 50;
/** No list of any call is longer. Checked first, because a schema makes an issue of every wrong element. */
const MAX_LIST_LENGTH = 10_000;

/** The checked body. Throws `invalid_request` with one error for each fault; `beside`: those that no schema can know. */
export function parseBody<T extends z.ZodType>(
  schema: T,
  input: unknown,
  beside: readonly FieldError[] = [],
): z.output<T> {
  const long = longList(input, '', 2);
  if (long !== undefined) throw invalid([{ path: long, message: `must have at most ${MAX_LIST_LENGTH} items` }]);

  const knownFields = new Map<unknown, readonly string[]>();
  const result = schema.safeParse(input, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject) {
        knownFields.set(issue.keys, Object.keys(issue.inst.shape));
      }
      return schemaWords(issue);
    },
  });
  if (result.success && beside.length === 0) return result.data;
  const errors = result.error?.issues.flatMap((issue) => fieldErrors(issue, [], knownFields)) ?? [];
  throw invalid([...errors, ...beside].slice(0, MAX_ERRORS));
}

/** The refusal of a body with these faults. */
export function invalid(errors: readonly FieldError[]): IepError {
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const where = first?.path ? `${shorten(first.path, MAX_NAME_LENGTH)}: ` : '';
  return new IepError('invalid_request', first && `${where}${first.message}${more}`, { errors });
}

function longList(input: unknown, path: string, depth: number): string | undefined {
  if (typeof input !== 'object' || input === null || depth < 0) return undefined;
  if (Array.isArray(input) && input.length > MAX_LIST_LENGTH) return path;
  for (const [name, value] of Object.entries(input)) {
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
  return known.length === 0 || key.length > 40
    ? 'is not a known field'
    : `is not a known field; did you mean \`${closest(key, known)}\`?`;
}
