/** The verbs of the event log: its followers read it in order. */

import type { EventType, Json, LoggedEvent } from '../../core/message.ts';
import type { WebhookContent } from './webhooks.ts';

export interface NewEvent {
  readonly type: EventType;
  readonly at: number;
  readonly recipient?: string;
  readonly data?: { readonly [name: string]: Json };
}

export interface EventVerbs {
  /**
   * Events after a position, or from the beginning, oldest first, and the position to go on from: the one that was given
   * where nothing follows it. A reader that goes on from there misses nothing, however many write. `tenantId` absent: all tenants'
   * (operator). With `since`, what lies up to `until` is left out where it happened before that time.
   */
  after(input: {
    tenantId?: string;
    position?: string;
    limit: number;
    since?: { readonly at: number; readonly until: string };
  }): Promise<{ readonly events: readonly LoggedEvent[]; readonly position: string }>;
  /** What the payloads of these events are made of, in this order; events that are gone are left out. */
  contents(input: { positions: readonly string[] }): Promise<readonly WebhookContent[]>;
  /** Where the log ends, and when the last event in it happened; absent where there is none. */
  end(): Promise<{ readonly position: string; readonly at?: number }>;
  /** The position before the first event at or after a time: none of these is at it or before it. */
  positionBefore(at: number, signal?: AbortSignal): Promise<string>;
  /** A position that a reader kept; the end where the log ends before it, as after a restore. Undefined: it never was one. */
  knownPosition(position: string): Promise<string | undefined>;
}
