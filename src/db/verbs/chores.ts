/** The store's verbs about timed chores. */

import type { LeaseRequest } from './lease.ts';

export const choreOutcomes = ['done', 'failed', 'stopped'] as const;
/** `stopped`: broken off because the daemon stopped; it is made up for. */
export type ChoreOutcome = (typeof choreOutcomes)[number];

/** How a chore stands. All times are epoch ms. */
export interface ChoreRow {
  readonly name: string;
  /** Cron pattern. */
  readonly schedule: string;
  /** Absent: it is off. */
  readonly nextAt?: number;
  readonly startedAt?: number;
  /** Absent while it runs, and where a crash ended it. */
  readonly endedAt?: number;
  readonly outcome?: ChoreOutcome;
  /** What it did, or why it failed, in a sentence. */
  readonly detail?: string;
  readonly succeededAt?: number;
  /** In a row, up to the last run. */
  readonly failures: number;
}

/** When a chore comes round. */
export interface ChorePlan {
  readonly name: string;
  readonly schedule: string;
  /** Absent: never. */
  readonly nextAt?: number;
}

export interface ChoreVerbs {
  list(): Promise<readonly ChoreRow[]>;
  /**
   * A node has begun, and these are the chores there are; others are forgotten. What was missed, or cut short, comes after
   * `catchUpMs`. One that another node is at stays as it is. Returns how each stands.
   */
  enlist(input: {
    owner: string;
    now: number;
    catchUpMs: number;
    chores: readonly ChorePlan[];
  }): Promise<readonly ChoreRow[]>;
  /** Another schedule. */
  plan(plan: ChorePlan): Promise<void>;
  /**
   * Begins a run, where no other node is at one, and none was begun or ended since the chore was known to stand like this.
   * Returns how it stands in either case.
   */
  claim(
    request: LeaseRequest & { readonly plan: ChorePlan; readonly known: Pick<ChoreRow, 'startedAt' | 'endedAt'> },
  ): Promise<{ readonly isClaimed: boolean; readonly row: ChoreRow }>;
  /** Ends a run. False: another node has taken it over, and nothing was written. */
  settle(input: { owner: string; row: ChoreRow }): Promise<boolean>;
}
