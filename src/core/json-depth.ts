/** How deep the values of JSON are in one another. */

/** No call of ours nests deeper than a message's variables may (20), in a message, in a batch. */
export const MAX_JSON_DEPTH = 40;

/** Recursive, but never deeper than it allows. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((item) => isDeeperThan(item, levels - 1));
  for (const name in value) {
    if (isDeeperThan((value as Record<string, unknown>)[name], levels - 1)) return true;
  }
  return false;
}
