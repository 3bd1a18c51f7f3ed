/** The store's verbs about how mail fared: counters by the hour, which cost the same with any amount of history. */

import type { Tally } from '../../core/tally.ts';

/** What became of recipients in whole hours. */
export interface TallyRow {
  readonly tenantId: string;
  /** Empty: it went by none that is known. */
  readonly provider: string;
  readonly tally: Tally;
}

export interface TallyVerbs {
  /**
   * Of each tenant and provider that anything was counted for, in the order of tenants and names. A thing is counted in the hour in
   * which IEP heard of it. `from` and `until` (exclusive): epoch ms; the hours that they lie in count whole.
   */
  tallies(
    input: { tenantId?: string; from: number; until: number },
    signal?: AbortSignal,
  ): Promise<readonly TallyRow[]>;
  /** Forgets the hours of a tenant that ended before then; at most `limit` counters. Returns how many. */
  sweepTallies(input: { tenantId: string; before: number; limit: number }): Promise<number>;
}
