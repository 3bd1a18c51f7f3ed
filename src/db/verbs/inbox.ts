/** The verbs of the inbox: messages that a provider keeps to be looked at, such as `capture`. */

import type { Mailbox } from '../../core/message.ts';
import type { Page } from './page.ts';

export interface InboxRow {
  readonly messageId: string;
  readonly tenantSlug: string;
  readonly from: Mailbox;
  /** Every recipient, those of the envelope alone too. */
  readonly to: readonly string[];
  readonly subject: string;
  /** When the provider was given it. */
  readonly receivedAt: number;
  /** Bytes of it that are kept. */
  readonly size: number;
  /** As its header tells. */
  readonly hasAttachments: boolean;
}

export interface InboxFilter {
  /** A recipient's address, whole, in any case. */
  readonly to?: string;
  /** A part of the subject, in any case. */
  readonly subject?: string;
  /** Received then or later. */
  readonly since?: number;
}

export interface InboxVerbs {
  /** Newest first; of all tenants where none is named. */
  list(
    input: { tenantId?: string; filter: InboxFilter; limit: number; cursor?: string },
    signal?: AbortSignal,
  ): Promise<Page<InboxRow>>;
  /** Another text whenever something came into the inbox, or into any where no tenant is named; undefined while it is empty. */
  newest(input: { tenantId?: string }): Promise<string | undefined>;
}
