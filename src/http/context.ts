/** The context that hono hands to a handler: over a socket there are bindings, in process there are none. */

import type { HttpBindings } from '@hono/node-server';
import type { Context as HonoContext } from 'hono';
import type { Guest } from '../access/guests.ts';

export interface Bindings extends Partial<HttpBindings> {
  /** Aborts when the listener closes: streams end, and what comes after that is refused. */
  readonly stopping?: AbortSignal;
  /** The connection, as it counts at the door. */
  readonly guest?: Guest | undefined;
}

export type Env = { Bindings: Bindings };

export type Context = HonoContext<Env>;
