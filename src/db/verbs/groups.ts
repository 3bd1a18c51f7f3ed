/** The store's verbs about groups: messages that their caller put together. */

import type { Status } from '../../core/message.ts';
import type { HitCounts } from '../../core/tracking.ts';
import type { Page } from './page.ts';

/** Recipients, but for the times of `HitCounts`. */
export interface GroupCounts extends HitCounts {
  /** Whose mail a provider took, or turned away for good because of the address. */
  readonly sent: number;
  readonly delivered: number;
  readonly bounced: number;
  readonly complained: number;
  readonly failed: number;
  /** Who opened it, as far as known a person. */
  readonly opened: number;
  readonly clicked: number;
}

/** One recipient of one message of a group. */
export interface GroupRecord extends HitCounts {
  readonly messageId: string;
  readonly recipient: string;
  readonly subject: string;
  readonly status: Status;
  readonly createdAt: number;
  readonly sentAt?: number;
  readonly deliveredAt?: number;
  /** By a person, as far as known. */
  readonly firstOpenedAt?: number;
  readonly lastOpenedAt?: number;
  readonly lastClickedAt?: number;
}

export interface GroupVerbs {
  /** Undefined: no message of the tenant was in it. Costs the same for any size of the group. */
  counts(input: { tenantId: string; groupId: string }): Promise<GroupCounts | undefined>;
  /** In the order in which its messages were accepted. */
  records(
    input: { tenantId: string; groupId: string; limit: number; cursor?: string },
    signal?: AbortSignal,
  ): Promise<Page<GroupRecord>>;
}
