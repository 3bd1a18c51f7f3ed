/** How long a caller waits for its answer: until it leaves, or until it is told that it took too long. */

import type { Context } from './context.ts';

export interface Patience {
  /** Aborts when nobody waits any more; what has not begun by then is not done. */
  readonly gone: AbortSignal;
  end(): void;
}

export function patienceOf(c: Context): Patience {
  const ending = new AbortController();
  c.req.raw.signal.addEventListener('abort', () => ending.abort(), { once: true });
  return { gone: ending.signal, end: () => ending.abort() };
}
