/** The store's verbs about providers made by command, dead letters, and what `explain` asks. */

import type { SuppressionReason } from './suppressions.ts';

export interface StoredProvider {
  readonly name: string;
  readonly type: string;
  /** Sealed by the vault for the context `provider:<name>`. */
  readonly settings: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What the store knows of a message besides its detail: why it waits, and what was said in its attempts. */
export interface Circumstances {
  /** The provider that the message asked for itself. */
  readonly wantedProvider?: string;
  /** The provider that was given it since it was last begun, and never answered. */
  readonly unanswered?: string;
  /** The outbox entry; absent when nothing is owed any more. */
  readonly entry?: {
    /** When it is due; while it is leased, when the lease ends. */
    readonly dueAt: number;
    readonly isLeased: boolean;
    readonly isScheduled: boolean;
    /** How often the process died while it was under way. */
    readonly deaths: number;
  };
  /** Mail of this tenant is not sent now: the whole queue is paused, or the tenant's. */
  readonly isPaused: boolean;
  /** Entries of the tenant's list that hold for its recipients now; one that begins with @ holds for a whole domain. */
  readonly suppressions: readonly {
    readonly email: string;
    readonly reason: SuppressionReason;
    readonly note?: string;
    readonly expiresAt?: number;
  }[];
  readonly transcripts: readonly { readonly number: number; readonly transcript: string }[];
}

export interface ProviderVerbs {
  /** By name. */
  providers(): Promise<readonly StoredProvider[]>;
  /** Refuses with `conflict` where there is one of that name. */
  addProvider(provider: StoredProvider): Promise<void>;
  /** False: no such provider. */
  setProvider(input: { name: string; settings: string; now: number }): Promise<boolean>;
  removeProvider(input: { name: string }): Promise<boolean>;

  /** How many dead letters each tenant has; those without any are left out. */
  deadLetters(): Promise<readonly { readonly tenantId: string; readonly count: number }[]>;
  /**
   * Removes a message that owes nothing any more, with all that is kept of it. Refuses with `conflict` while it is open, and with
   * `onlyDead` what is not a dead letter.
   */
  deleteMessage(
    input: { tenantId: string; messageId: string; onlyDead?: boolean },
    signal?: AbortSignal,
  ): Promise<void>;
  circumstances(input: { tenantId: string; messageId: string; now: number }): Promise<Circumstances | undefined>;
}
