/** The schema as a tree of keys: what environment variables, hints and the reference file are checked against. */

import * as z from 'zod';

export type Key =
  | { readonly kind: 'group'; readonly keys: Readonly<Record<string, Key>> }
  /** Names chosen by the user, each with the same keys below. */
  | { readonly kind: 'named'; readonly each: Key }
  | { readonly kind: 'list'; readonly each: Key }
  | { readonly kind: 'scalar'; readonly type: 'string' | 'number' | 'boolean' };

export function keysOf(schema: z.ZodType): Key {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return keysOf(schema.unwrap() as z.ZodType);
  }
  if (schema instanceof z.ZodObject) {
    const entries = Object.entries(schema.shape).map(([name, value]) => [name, keysOf(value as z.ZodType)] as const);
    return { kind: 'group', keys: Object.fromEntries(entries) };
  }
  if (schema instanceof z.ZodUnion) {
    // The members are groups told apart by `type`: together they say which keys there are.
    const groups = schema.options.map((option) => keysOf(option as z.ZodType));
    const keys = groups.map((group) => (group.kind === 'group' ? group.keys : {}));
    return { kind: 'group', keys: Object.assign({}, ...keys) };
  }
  if (schema instanceof z.ZodRecord) return { kind: 'named', each: keysOf(schema.valueType as z.ZodType) };
  if (schema instanceof z.ZodArray) return { kind: 'list', each: keysOf(schema.element as z.ZodType) };
  if (schema instanceof z.ZodNumber) return { kind: 'scalar', type: 'number' };
  if (schema instanceof z.ZodBoolean) return { kind: 'scalar', type: 'boolean' };
  return { kind: 'scalar', type: 'string' };
}

/** The key at a path of a document; undefined where the path leaves the schema. */
export function keyAt(root: Key, path: readonly PropertyKey[]): Key | undefined {
  let key: Key | undefined = root;
  for (const step of path) {
    if (key === undefined || key.kind === 'scalar') return undefined;
    if (key.kind !== 'group') key = key.each;
    else key = Object.hasOwn(key.keys, step) ? key.keys[String(step)] : undefined;
  }
  return key;
}

/** Every path that ends in a value, `*` standing for a chosen name or an index of a list: `providers.*.host`. */
export function pathsOf(key: Key, prefix: readonly string[] = []): readonly string[] {
  if (key.kind === 'scalar') return [prefix.join('.')];
  if (key.kind === 'group')
    return Object.entries(key.keys).flatMap(([name, inner]) => pathsOf(inner, [...prefix, name]));
  return pathsOf(key.each, [...prefix, '*']);
}
