/**
 * The verbs of webhooks: endpoints, the fan-out from the event log, and the deliveries that wait. The event log is the
 * source: accepting and settling mail write nothing for webhooks.
 */

import type { EventType, LoggedEvent } from '../../core/message.ts';
import type { LeaseRequest } from './lease.ts';
import type { Page } from './page.ts';
import type { SetAside } from './set-aside.ts';

export interface WebhookEndpoint {
  readonly id: string;
  readonly tenantId: string;
  readonly url: string;
  /** `*`: all of them. */
  readonly events: readonly (EventType | '*')[];
  readonly description?: string;
  /** Sealed. */
  readonly secret: string;
  /** Sealed; signs in addition to the other until then. */
  readonly previous?: { readonly secret: string; readonly until: number };
  readonly active: boolean;
  /** Why and since when it is off. */
  readonly off?: { readonly reason: string; readonly at: number };
  /** Since when nothing but failures came back. */
  readonly failingSince?: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** `cancelled`: the endpoint was turned off before it was delivered. */
export const deliveryStatuses = ['pending', 'delivered', 'failed', 'cancelled'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

export interface WebhookDelivery {
  readonly id: string;
  readonly webhookId: string;
  /** Absent: its event is about no message. */
  readonly messageId?: string;
  readonly event: EventType;
  /** Of the event within its message or subject. */
  readonly sequence: number;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  /** What came of the last attempt, in short. */
  readonly lastAnswer?: string;
  /** While it waits. */
  readonly nextAttemptAt?: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface WebhookAttempt {
  readonly startedAt: number;
  readonly durationMs: number;
  /** Headers of the request as they were sent. */
  readonly request: { readonly [name: string]: string };
  /** HTTP status; absent when there was no answer. */
  readonly status?: number;
  /** The beginning of the answer's body. */
  readonly answer?: string;
  /** Why there was no answer. */
  readonly error?: string;
}

export interface WebhookDeliveryDetail extends WebhookDelivery {
  /** What the body is made of. */
  readonly content: WebhookContent;
  readonly attemptLog: readonly (WebhookAttempt & { readonly number: number })[];
}

/** All that a payload is made of. Nothing in it changes once the event is written, so that every try has the same body. */
export interface WebhookContent {
  readonly event: LoggedEvent;
  /** Absent: it is about no message. */
  readonly mail?: WebhookMail;
}

export interface WebhookMail {
  readonly to: readonly string[];
  readonly subject: string;
  /** The newest provider named up to this event; absent before there was one. */
  readonly provider?: string;
  /** Attempts begun up to this event. */
  readonly attempts: number;
}

/** A claimed delivery. The lease is lost once the store holds another fence. */
export interface WebhookJob {
  readonly deliveryId: string;
  readonly endpoint: WebhookEndpoint;
  readonly content: WebhookContent;
  /** Tries already made since it was made or replayed. */
  readonly tries: number;
  readonly fence: number;
  readonly leaseUntil: number;
}

export interface WebhookClaim extends LeaseRequest {
  readonly limit: number;
  /** Deliveries of one endpoint, and of one tenant, under lease at once. */
  readonly maxPerEndpoint: number;
  readonly maxPerTenant: number;
  /** Under lease at once of all endpoints together whose last answer was not a quick success. */
  readonly maxDoubtful: number;
}

export interface WebhookClaimed {
  readonly jobs: readonly WebhookJob[];
  /** When something that is not claimed now falls due. */
  readonly nextDueAt?: number;
  /** Something is due and was left because of a limit. */
  readonly held: boolean;
  /** Deliveries that could not be read. They failed and are in the queue no more; absent when there was none. */
  readonly setAside?: readonly SetAside[];
}

/** The end of one claim. */
export interface WebhookSettlement {
  readonly deliveryId: string;
  readonly fence: number;
  readonly at: number;
  readonly attempt: WebhookAttempt;
  readonly lastAnswer: string;
  readonly delivered: boolean;
  /** When it is tried again; absent when it is not. */
  readonly dueAt?: number;
  /** The answer came soon. */
  readonly quick: boolean;
  /** The endpoint is to be left alone until then. */
  readonly waitUntil?: number;
  /** Turns the endpoint off, at once. */
  readonly offReason?: string;
  /** Turns the endpoint off where nothing but failures came back for this long. */
  readonly offAfterMs: number;
}

export interface WebhookSettled {
  readonly status: DeliveryStatus;
  /** Why the endpoint is off since now. */
  readonly offReason?: string;
}

export interface WebhookReplay {
  readonly tenantId: string;
  readonly webhookId: string;
  /** Absent with `missed`: where it began to miss events while it was off. */
  readonly from?: number;
  /** Exclusive. */
  readonly until?: number;
  readonly messageId?: string;
  /** Only events that this endpoint neither got nor waits for. */
  readonly missed: boolean;
  /** From the answer before. */
  readonly cursor?: string;
}

export interface WebhookVerbs {
  /** Refuses with `conflict` where the tenant has `max` endpoints. It gets events from now on. */
  add(input: {
    id: string;
    tenantId: string;
    url: string;
    events: WebhookEndpoint['events'];
    description?: string;
    secret: string;
    max: number;
    now: number;
  }): Promise<WebhookEndpoint>;
  /** Oldest first. */
  list(input: { tenantId: string }): Promise<readonly WebhookEndpoint[]>;
  get(input: { tenantId: string; webhookId: string }): Promise<WebhookEndpoint | undefined>;
  /** Changes what is given. Turned off, what waits is cancelled; turned on, it gets events from now on. */
  set(input: {
    tenantId: string;
    webhookId: string;
    url?: string;
    events?: WebhookEndpoint['events'];
    /** Empty: none. */
    description?: string;
    active?: boolean;
    secret?: string;
    previous?: { secret: string; until: number };
    now: number;
  }): Promise<WebhookEndpoint>;
  remove(input: { tenantId: string; webhookId: string }): Promise<boolean>;

  /** Newest first. */
  deliveries(
    input: {
      tenantId: string;
      webhookId: string;
      status?: DeliveryStatus;
      messageId?: string;
      limit: number;
      cursor?: string;
    },
    signal?: AbortSignal,
  ): Promise<Page<WebhookDelivery>>;
  delivery(input: {
    tenantId: string;
    webhookId: string;
    deliveryId: string;
  }): Promise<WebhookDeliveryDetail | undefined>;
  /** Makes one delivery due again, under its own id. Refuses with `conflict` while its endpoint is off. */
  replayDelivery(input: {
    tenantId: string;
    webhookId: string;
    deliveryId: string;
    now: number;
  }): Promise<WebhookDelivery>;
  /** What of the event log would be sent again, a part of it a call: ask again with the cursor until there is none. */
  replayable(
    input: WebhookReplay,
    signal?: AbortSignal,
  ): Promise<{ readonly positions: readonly string[]; readonly cursor?: string }>;
  /** Sends the events at these positions again; answers how many. Refuses with `conflict` while the endpoint is off. */
  replayEvents(
    input: {
      tenantId: string;
      webhookId: string;
      positions: readonly string[];
      /** Leaves those alone that it got, or waits for, by now. */
      missed: boolean;
      /** With these there is nothing that it missed while it was off. */
      isAllMissed: boolean;
      now: number;
    },
    signal?: AbortSignal,
  ): Promise<number>;

  /**
   * Reads the event log from where the last call stopped and makes deliveries for the endpoints that want the events; both
   * in one commit. `endpoints`: how many are on; with none nothing is read. Also takes away, a bit a call, what waits at
   * endpoints that were turned off or removed.
   */
  fanOut(input: {
    limit: number;
    now: number;
  }): Promise<{ readonly endpoints: number; readonly made: number; readonly more: boolean }>;
  /** Leases due deliveries: tenants in turn, of one message at one endpoint never two at once. */
  claim(request: WebhookClaim): Promise<WebhookClaimed>;
  /** Ends a claim. Undefined: the lease was lost, and nothing was written. */
  settle(settlement: WebhookSettlement): Promise<WebhookSettled | undefined>;
  /** Gives a claim back untried. False: the lease was lost. */
  release(input: { deliveryId: string; fence: number; dueAt: number }): Promise<boolean>;
  /** As `recover` of the outbox. */
  recover(input: { owner: string; now: number }): Promise<number>;
  /** The clock went back by `byMs`: moves due times back with it. Returns how many. */
  shift(input: { now: number; byMs: number }): Promise<number>;
  /** As `followClock` of the outbox. */
  followClock(input: { now: number; longestMs: number }): Promise<number>;
  /** Deliveries that wait, of all tenants. */
  pending(): Promise<number>;
  /**
   * Removes requests and answers from before `before`, at most `limit`; answers how many. The deliveries stay as long as
   * their messages, so that what was missed can be told.
   */
  prune(input: { before: number; limit: number }): Promise<number>;
}
