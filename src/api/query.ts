/** The query of a call, checked as strictly as a body: what is not known is named. */

import type { z } from 'zod';
import { parseBody } from '../core/check-input.ts';

/** Given more than once is the same as given once with commas between. */
export function readQuery<T extends z.ZodObject>(schema: T, url: string): z.output<T> {
  const start = url.indexOf('?');
  if (start === -1) return parseBody(schema, {});
  const given = Map.groupBy(new URLSearchParams(url.slice(start + 1)), ([name]) => name);
  const joined = given.entries().map(([name, pairs]) => [name, pairs.map(([, value]) => value).join()]);
  return parseBody(schema, Object.fromEntries(joined));
}
