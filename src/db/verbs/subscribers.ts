/** Whom a tenant writes to, by ids of its own. */

import type { Json } from '../../core/message.ts';
import type { Page } from './page.ts';

export interface Subscriber {
  readonly tenantId: string;
  /** The caller's. */
  readonly id: string;
  readonly email?: string;
  readonly name?: string;
  readonly locale?: string;
  /** An IANA name. */
  readonly timezone?: string;
  readonly data?: { readonly [name: string]: Json };
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface SubscriberVerbs {
  /** Takes the place of the one with that id. Refuses with `conflict` where the tenant would have more than `max`. */
  put(input: Omit<Subscriber, 'createdAt' | 'updatedAt'> & { max: number; now: number }): Promise<Subscriber>;
  /** Those of these ids; in no order. */
  of(input: { tenantId: string; ids: readonly string[] }): Promise<readonly Subscriber[]>;
  /** By id. */
  list(input: { tenantId: string; limit: number; cursor?: string }, signal?: AbortSignal): Promise<Page<Subscriber>>;
  remove(input: { tenantId: string; id: string }): Promise<boolean>;
}
