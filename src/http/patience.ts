/** The patience of a caller for its answer: until it leaves, or until it is told that it took too long. */

import type { Context } from './context.ts';

export interface Patience {
  /** Aborts when nobody waits any more; what has not begun by then is not done. */
  readonly gone: AbortSignal;
  end(): void;
}

export function patienceOf(c: Context): Patience {
  const ending = new AbortController();
  const end = () => ending.abort();
  const outgoing = c.env?.outgoing;
  // Straight from the connection where there is one: the signal of the request takes three more objects.
  if (outgoing === undefined) c.req.raw.signal.addEventListener('abort', end, { once: true });
  else outgoing.once('close', () => outgoing.writableFinished || end());
  return { gone: ending.signal, end };
}
