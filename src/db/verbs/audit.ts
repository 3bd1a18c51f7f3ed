/** The verbs of the audit log. There is none that changes or removes an entry, and the schema refuses both. */

import type { AuditEntry, AuditHead, AuditRecord } from '../../core/audit-entry.ts';
import type { DerivedKey } from '../../core/vault.ts';
import type { Page } from './page.ts';

export interface AuditFilter {
  /** Slug. */
  readonly tenant?: string;
  /** An actor's id, or a part of its name such as a key's prefix. */
  readonly actor?: string;
  /** A part of it. */
  readonly action?: string;
  readonly since?: number;
  readonly until?: number;
}

export interface AuditVerbs {
  /**
   * Chains an entry to the end and vouches for the new end with the first key. Undefined, and nothing is written, where
   * the keys may be those from before a rotation: the first one is retired, or the end is vouched for by another. With
   * `areLatest` they were read again since; an end that none of them vouches for is not continued then: the entry begins
   * a chain of its own, which shows for ever.
   */
  append(input: {
    entry: AuditEntry;
    keys: readonly [DerivedKey, ...DerivedKey[]];
    areLatest: boolean;
  }): Promise<{ readonly seq: number; readonly hash: string } | undefined>;
  /**
   * The end as it is, vouched for by this key in place of one that is lost. What was cut while that one vouched shows no
   * more, so its caller says so in an entry.
   */
  adoptEnd(key: DerivedKey): Promise<void>;
  /** Newest first. */
  list(
    input: { filter: AuditFilter; limit: number; cursor?: string },
    signal?: AbortSignal,
  ): Promise<Page<AuditRecord>>;
  /** Oldest first, from the one after `seq`. */
  after(input: { seq: number; limit: number }): Promise<readonly AuditRecord[]>;
  head(): Promise<AuditHead | undefined>;
  /** When the oldest tenant, key or provider was made of those whose making must be in the log; undefined: there is none. */
  oldestMade(): Promise<number | undefined>;
}
