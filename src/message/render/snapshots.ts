/** What messages are rendered from, remembered: many are made with the same snapshot. */

import type { TemplateSnapshot } from '../../core/template.ts';

/** Undefined where none was kept by that number. */
export type ReadSnapshot = (tenantId: string, snapshot: number) => Promise<TemplateSnapshot | undefined>;

/** Characters of all that is remembered. */
const MAX_LENGTH = 8 * 1024 * 1024;

export function createSnapshots(
  kept: (named: { readonly tenantId: string; readonly snapshot: number }) => Promise<string | undefined>,
): ReadSnapshot {
  const known = new Map<string, { readonly value: TemplateSnapshot; readonly length: number }>();
  let length = 0;

  return async (tenantId, snapshot) => {
    const key = `${tenantId} ${snapshot}`;
    const found = known.get(key);
    if (found !== undefined) {
      // What was used last is forgotten last.
      known.delete(key);
      known.set(key, found);
      return found.value;
    }
    const text = await kept({ tenantId, snapshot });
    if (text === undefined) return undefined;
    const value = JSON.parse(text) as TemplateSnapshot;
    if (!known.has(key)) length += text.length;
    known.set(key, { value, length: text.length });
    for (const [oldest, one] of known) {
      if (length <= MAX_LENGTH) break;
      known.delete(oldest);
      length -= one.length;
    }
    return value;
  };
}
