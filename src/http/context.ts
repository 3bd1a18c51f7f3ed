/** What hono hands to a handler here: over a socket there are bindings, in process there are none. */

import type { HttpBindings } from '@hono/node-server';
import type { Context as HonoContext } from 'hono';

export interface Bindings extends Partial<HttpBindings> {
  /** Aborts when the listener closes: streams end, and what comes after that is refused. */
  readonly stopping?: AbortSignal;
}

export type Env = { Bindings: Bindings };

export type Context = HonoContext<Env>;
