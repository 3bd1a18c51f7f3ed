/** The store's verbs about content: attachments fetched late, what is removed in time, and which blobs are needed. */

import type { Attachment, PendingAttachment } from '../../core/message.ts';

export interface FetchedAttachment {
  readonly position: number;
  readonly attachment: Attachment;
}

/** Where a walk through old messages goes on; absent at its end. */
export interface WalkPosition {
  readonly createdAt: number;
  readonly seq: number;
}

export interface ContentVerbs {
  /** Keeps what was fetched for a claimed message, and what is still `pending`. False: the lease was lost. */
  keepAttachments(input: {
    tenantId: string;
    messageId: string;
    fence: number;
    fetched: readonly FetchedAttachment[];
    pending: readonly PendingAttachment[];
  }): Promise<boolean>;

  /**
   * Removes messages of a tenant that owe nothing and have not changed since `before`, with all that belongs to them.
   * Looks at `limit` messages, oldest first, from `after` on.
   */
  expireMessages(input: {
    tenantId: string;
    before: number;
    after?: WalkPosition;
    limit: number;
  }): Promise<{ readonly removed: number; readonly next?: WalkPosition }>;

  /**
   * Removes the bytes of attachments, and of whole messages that are kept as blobs, of messages that owe nothing and have
   * not changed since their tenant's time, or `otherwise`. Their names and sizes stay. Looks at `limit` messages.
   */
  expireAttachments(input: {
    before: readonly { readonly tenantId: string; readonly time: number }[];
    otherwise: number;
    /** Where the call before this one said to go on. */
    after?: number;
    limit: number;
    now: number;
  }): Promise<{ readonly removed: number; readonly next?: number }>;

  /** Blobs that messages of any tenant need, in the order of their names, after one of them. */
  namedBlobs(input: { after: string; limit: number }): Promise<readonly string[]>;
  /** Those of the blobs that a message of any tenant still needs. */
  neededBlobs(input: { blobs: readonly string[] }): Promise<readonly string[]>;
}
