/** For what no event tells of. */

import { vi } from 'vitest';

/** Longer than anything takes on a machine that does much else; who waits so long has failed. */
const PATIENCE_MS = 60_000;

/** Until it throws no more; what it threw last, when it never ceases. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: PATIENCE_MS });
}
