/** The suppression list in the store. An entry is an address, or `@example.com` for all addresses of that domain. */

import type { Page } from './page.ts';

export const suppressionReasons = ['hard_bounce', 'complaint', 'unsubscribe', 'manual'] as const;
export type SuppressionReason = (typeof suppressionReasons)[number];

/** One thing that led to a suppression. */
export interface Evidence {
  readonly at: number;
  readonly messageId?: string;
  /** What the other side said, one line. */
  readonly reply?: string;
}

export interface Suppression {
  readonly email: string;
  readonly reason: SuppressionReason;
  readonly note?: string;
  readonly expiresAt?: number;
  readonly createdAt: number;
  /** Oldest first; only where IEP put it on the list. */
  readonly evidence?: readonly Evidence[];
}

export interface ListedSuppression extends Suppression {
  readonly tenantSlug: string;
}

/** Without a reason: that of the entry that is there, else `manual`. */
export type NewSuppression = Omit<Suppression, 'reason' | 'evidence'> & { readonly reason?: SuppressionReason };

/** `unchanged`: it said nothing that the list did not say already. */
export const suppressionChanges = ['added', 'changed', 'unchanged'] as const;
export type SuppressionChange = (typeof suppressionChanges)[number];

export const suppressionStates = ['active', 'expired', 'all'] as const;
export type SuppressionState = (typeof suppressionStates)[number];

export interface SuppressionVerbs {
  /**
   * Puts entries on the list. One that was there is changed as the new one says (`changed` of suppression-merge.ts); with
   * `strengthenAt` one that suppresses at that time is only ever strengthened. Returns what came of each. Refuses all of them
   * with `conflict` where the list would grow beyond `max` entries; what IEP puts on it by itself is not held to that.
   */
  add(
    input: { tenantId: string; entries: readonly NewSuppression[]; strengthenAt?: number; max?: number },
    signal?: AbortSignal,
  ): Promise<readonly SuppressionChange[]>;
  /** The entries of these very addresses, in lower case, that suppress now; without `evidence`. */
  of(
    input: { tenantId: string; emails: readonly string[]; now: number },
    signal?: AbortSignal,
  ): Promise<readonly Suppression[]>;
  /** Takes an entry off the list, and forgets the bounces that counted towards it. */
  remove(input: { tenantId: string; email: string }): Promise<boolean>;
  /** By address; of all tenants, one after the other, where none is named. `evidence` is left out. */
  list(
    input: {
      tenantId?: string;
      /** Part of the address. */
      q?: string;
      reason?: SuppressionReason;
      /** `active` where absent. */
      state?: SuppressionState;
      limit: number;
      cursor?: string;
      now: number;
    },
    signal?: AbortSignal,
  ): Promise<Page<ListedSuppression>>;
  /** The entry that suppresses an address: its own, else that of its domain. An expired entry comes when no other matches. */
  get(input: { tenantId: string; email: string; now: number }): Promise<Suppression | undefined>;
  /** Removes entries that expired, and counted bounces that came, before those times. Returns how many; at most `limit` of each. */
  sweep(input: {
    expiredBefore: number;
    bouncedBefore: number;
    limit: number;
  }): Promise<{ readonly suppressions: number; readonly bounces: number }>;
}
