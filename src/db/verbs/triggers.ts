/** What a tenant's events send: its triggers, and the events that came. */

import type { EventCondition } from '../../core/condition.ts';
import type { Json, Lane } from '../../core/message.ts';

export interface Trigger {
  readonly name: string;
  /** A type of event, or the beginning of some with `*`: `user.*`. */
  readonly on: string;
  readonly when?: EventCondition;
  /** Name of a template. */
  readonly template: string;
  /** Addresses, with `{{data.email}}` for what the event has there. One of the two lists is there. */
  readonly to?: readonly string[];
  /** Ids of subscribers, in the same way. */
  readonly subscribers?: readonly string[];
  /** By the name of the template's variable. Without them the template has the members of `data`. */
  readonly variables?: { readonly [name: string]: Json };
  readonly priority?: Lane;
  readonly active: boolean;
}

export interface StoredTrigger extends Trigger {
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** An event that came, and what came of it. */
export interface CallerEvent {
  readonly tenantId: string;
  /** The caller's. */
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly outcome: Json;
}

export interface TriggerVerbs {
  /** By name. */
  list(input: { tenantId: string }): Promise<readonly StoredTrigger[]>;
  /** Refuses with `conflict` where the tenant has one of that name, or `max`. */
  add(input: { tenantId: string; trigger: Trigger; max: number; now: number }): Promise<StoredTrigger>;
  /** In place of the one of that name. Refuses with `not_found`. */
  set(input: { tenantId: string; trigger: Trigger; now: number }): Promise<StoredTrigger>;
  remove(input: { tenantId: string; name: string }): Promise<boolean>;

  /** Refuses with `conflict` where one of that id came before. */
  keepEvent(event: CallerEvent): Promise<void>;
  /** One that came before. */
  event(input: { tenantId: string; id: string }): Promise<CallerEvent | undefined>;
  /** Forgets events that came before that time. Returns how many; at most `limit`. */
  sweepEvents(input: { before: number; limit: number }): Promise<number>;
}
