/** Whom a tenant writes to, by ids of its own. */

import type { Json } from '../../core/message.ts';
import type { KeptChannels } from '../../core/subscriber-channels.ts';
import type { Page } from './page.ts';

export interface Subscriber extends KeptChannels {
  readonly tenantId: string;
  /** The caller's. */
  readonly id: string;
  readonly email?: string;
  readonly name?: string;
  readonly locale?: string;
  /** An IANA name. */
  readonly timezone?: string;
  readonly data?: { readonly [name: string]: Json };
  /** Names, in order. */
  readonly topics: readonly string[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface NewSubscriber extends Omit<Subscriber, 'topics' | 'createdAt' | 'updatedAt'> {
  /** A topic that is not there is made, but for more than `max`. Absent: none. */
  readonly inTopics?: { readonly names: readonly string[]; readonly max: number };
  readonly max: number;
  readonly now: number;
}

export interface SubscriberVerbs {
  /** Refuses with `conflict` where the tenant has one with that id, or would have more than `max`. */
  add(input: NewSubscriber): Promise<Subscriber>;
  /** Takes the place of the one with that id, whose preferences stay; otherwise as `add`. */
  put(input: NewSubscriber): Promise<Subscriber>;
  /** Those of these ids; in no order. */
  of(input: { tenantId: string; ids: readonly string[] }): Promise<readonly Subscriber[]>;
  /** By id; those in a topic in the order in which they were made. */
  list(
    input: { tenantId: string; limit: number; cursor?: string; topic?: string; email?: string },
    signal?: AbortSignal,
  ): Promise<Page<Subscriber>>;
  /** With all that is kept of it. */
  remove(input: { tenantId: string; id: string }): Promise<boolean>;
  /** Takes subscribers out of a topic; true while more are in it. */
  leaveTopic(input: { tenantId: string; topic: string; limit: number }): Promise<boolean>;
}
