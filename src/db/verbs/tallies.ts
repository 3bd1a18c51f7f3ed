/** The store's verbs about how mail fared: counters by the hour, which cost the same with any amount of history. */

import type { LoggedEvent } from '../../core/message.ts';
import type { AlertedRate, RefusingLimit, Tally } from '../../core/tally.ts';

/** What became of recipients in whole hours. */
export interface TallyRow {
  readonly tenantId: string;
  /** Empty: it went by none that is known. */
  readonly provider: string;
  readonly tally: Tally;
}

/** What became of recipients in one span of time. */
export interface SeriesRow {
  /** By what it is divided: the tenant's id, the provider, the category or the template (core/tally.ts); empty where it is not divided. */
  readonly name: string;
  /** When the span begins, in epoch ms. */
  readonly at: number;
  readonly tally: Tally;
}

/** Of a tenant for whom anybody bounced or who anybody complained about in the last day, or whose alert stands. */
export interface TenantRates {
  readonly tenantId: string;
  readonly rates: readonly {
    readonly rate: AlertedRate;
    /** Part of the recipients, from 0. */
    readonly value: number;
    /** It was told, and is too high still. */
    readonly isTooHigh: boolean;
  }[];
}

export interface RaisedAlert {
  /** Slug. */
  readonly tenant: string;
  readonly event: LoggedEvent;
}

/** Messages of a tenant that one of its limits refused. */
export interface RefusedByLimit {
  readonly tenantId: string;
  readonly limit: RefusingLimit;
  readonly count: number;
}

export interface TallyVerbs {
  /**
   * Of each tenant and provider that anything was counted for, in the order of tenants and names. A thing is counted in the hour in
   * which IEP heard of it. `from` and `until` (exclusive): epoch ms; the hours that they lie in count whole.
   */
  list(input: { tenantId?: string; from: number; until: number }, signal?: AbortSignal): Promise<readonly TallyRow[]>;
  /** The same over time, by name and then time; spans without anything are left out. Of one provider, category or template where one is named. */
  series(
    input: {
      tenantId?: string;
      from: number;
      until: number;
      bucket: 'hour' | 'day';
      by?: 'tenant' | 'provider' | 'category' | 'template';
      provider?: string;
      category?: string;
      template?: string;
    },
    signal?: AbortSignal,
  ): Promise<readonly SeriesRow[]>;
  /** Counts messages that were refused, in the hour of `now`. Tenants that are gone are passed over. */
  refuse(input: { refused: readonly RefusedByLimit[]; now: number }): Promise<void>;
  /** What `refuse` counted, summed up by tenant and limit; the hours as those of `list`. */
  refused(
    input: { tenantId?: string; from: number; until: number },
    signal?: AbortSignal,
  ): Promise<readonly RefusedByLimit[]>;
  /** Forgets the hours of a tenant that ended before then, those of `messages.stats` too; at most `limit` counters of a kind. Returns how many. */
  sweep(input: { tenantId: string; before: number; limit: number }): Promise<number>;
  rates(input: { now: number }): Promise<readonly TenantRates[]>;
  /**
   * Events of rates that became too high, in the order of the log, that nobody was told of. The verbs that count append them in
   * their commit, once until the rate is below its limit again (db/rules/rate-alert.ts).
   */
  raisedAlerts(input: { limit: number }): Promise<readonly RaisedAlert[]>;
  /** Those up to this position were told. */
  alertsTold(input: { position: string }): Promise<void>;
}
