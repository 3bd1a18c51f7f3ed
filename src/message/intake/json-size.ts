/** Bounds on the free-form JSON of a submission, so that what is stored and rendered stays small, shallow and the same. */

import type { Json } from '../../core/message.ts';
import type { JsonLimits } from './limits.ts';

/** What makes the value too large, in size or as a number; undefined when nothing does. Stops at the limit it meets. */
export function jsonFault(
  value: Json | Readonly<Record<string, Json>> | undefined,
  limits: JsonLimits,
): string | undefined {
  let values = 0;
  let length = 0;

  function walk(node: Json | Readonly<Record<string, Json>>, depth: number): string | undefined {
    if (++values > limits.values) return `must hold at most ${limits.values} values`;
    if (typeof node === 'string') length += node.length;
    // What JSON writes as 1e999 is read as infinite, which JSON cannot write: the store would give back something else.
    if (typeof node === 'number' && !Number.isFinite(node)) return 'must hold no number beyond 1.7e308';
    if (length > limits.length) return `must hold at most ${limits.length} characters`;
    if (typeof node !== 'object' || node === null) return undefined;
    if (depth >= limits.depth) return `must nest at most ${limits.depth} levels deep`;
    for (const [name, child] of Object.entries(node)) {
      if (!Array.isArray(node)) length += name.length;
      const fault = walk(child, depth + 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  return value === undefined ? undefined : walk(value, 0);
}
