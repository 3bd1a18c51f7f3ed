/** What differs between what a manifest says and what is there, field by field. */

import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../core/is-record.ts';
import type { Spec } from './kind.ts';

/** Fields by their paths; the members of a group each by itself. */
export function fieldsOf(spec: Spec, groups: readonly string[] = []): ReadonlyMap<string, unknown> {
  return new Map(
    Object.entries(spec)
      .filter(([, value]) => value !== undefined)
      .flatMap(([name, value]): [string, unknown][] =>
        groups.includes(name) && isRecord(value)
          ? Object.entries(value).map(([member, one]) => [`${name}.${member}`, one])
          : [[name, value]],
      ),
  );
}

/**
 * The fields that a run changes: those that the manifest says otherwise, and those that the one before said and this one does
 * not, which go: undefined. What no manifest said stays as it is.
 */
export function differences(
  wanted: ReadonlyMap<string, unknown>,
  { there, said }: { there: ReadonlyMap<string, unknown>; said: readonly string[] },
): ReadonlyMap<string, unknown> {
  const changed = [...wanted].filter(([path, value]) => !isDeepStrictEqual(there.get(path), value));
  const gone = said.filter((path) => !wanted.has(path) && there.has(path)).map((path) => [path, undefined] as const);
  return new Map<string, unknown>([...changed, ...gone]);
}

/** The members of a group among changed fields; null for one that goes. */
export function changesOf(changes: ReadonlyMap<string, unknown>, group: string): Record<string, unknown> | undefined {
  const prefix = `${group}.`;
  const members = [...changes].filter(([path]) => path.startsWith(prefix));
  if (members.length === 0) return undefined;
  return Object.fromEntries(members.map(([path, value]) => [path.slice(prefix.length), value ?? null]));
}
