/** Who turned off which mail of a tenant: by address, and by the category that the mail was sent with. */

import type { Page } from './page.ts';

/** By the button of a mail client, by a page of ours, by a mail to the address that the mail names, by who manages the tenant. */
export const unsubscribeWays = ['one-click', 'page', 'mail', 'manual'] as const;
export type UnsubscribeWay = (typeof unsubscribeWays)[number];

export interface Unsubscribe {
  /** In lower case. */
  readonly email: string;
  /** Empty: all that can be turned off. */
  readonly category: string;
  readonly way: UnsubscribeWay;
  readonly createdAt: number;
}

export interface ListedUnsubscribe extends Unsubscribe {
  readonly tenantSlug: string;
}

export interface UnsubscribeVerbs {
  /**
   * From the commit on, mail of that category is not delivered there. `messageId`: the mail by which somebody came, whose history says so
   * as long as it is there. Returns whether it is new; what is known already changes nothing. Refuses with `conflict` where the tenant
   * would have more than `max`; what recipients turn off by themselves is not held to that.
   */
  add(
    input: Omit<Unsubscribe, 'createdAt'> & { tenantId: string; messageId?: string; now: number; max?: number },
  ): Promise<boolean>;
  /** Mail of these categories is delivered there again. Returns how many of them were turned off. */
  remove(input: { tenantId: string; email: string; categories: readonly string[] }): Promise<number>;
  /** What these addresses turned off. */
  of(input: { tenantId: string; emails: readonly string[] }, signal?: AbortSignal): Promise<readonly Unsubscribe[]>;
  /** Newest first; of all tenants where none is named. */
  list(
    input: {
      tenantId?: string;
      /** Part of the address. */
      q?: string;
      category?: string;
      limit: number;
      cursor?: string;
    },
    signal?: AbortSignal,
  ): Promise<Page<ListedUnsubscribe>>;
}
