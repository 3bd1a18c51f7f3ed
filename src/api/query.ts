/** The query of a call, checked as a body is. */

import type { z } from 'zod';
import { parseBody } from '../core/check-input.ts';

/** What becomes of fields that no schema has: they are named, or passed over. */
export type UnknownFields = 'refused' | 'ignored';

/** Given more than once is the same as given once with commas between. */
export function readQuery<T extends z.ZodObject>(schema: T, url: string, unknown: UnknownFields): z.output<T> {
  const start = url.indexOf('?');
  if (start === -1) return parseBody(schema, {});
  const given = Map.groupBy(new URLSearchParams(url.slice(start + 1)), ([name]) => name);
  const joined = given
    .entries()
    .filter(([name]) => unknown === 'refused' || Object.hasOwn(schema.shape, name))
    .map(([name, pairs]) => [name, pairs.map(([, value]) => value).join()]);
  return parseBody(schema, Object.fromEntries(joined));
}
