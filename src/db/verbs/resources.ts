/** What `iep apply` made: by the name in its manifest, with its labels. The things themselves are in their own slices. */

import type { Json } from '../../core/message.ts';

export interface AppliedResource {
  /** Absent: the platform's. */
  readonly tenantId?: string;
  readonly kind: string;
  /** As `metadata.name` has it. */
  readonly name: string;
  /** The id or name by which the rest of the platform knows it. */
  readonly ref: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The names of the fields that the manifest set; of an Email, all that its manifest said. */
  readonly said: Json;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface ResourceVerbs {
  /** By kind and name: those of a tenant, or of the platform where none is named. E-mails are left out: `of` has them. */
  list(input: { tenantId?: string }): Promise<readonly AppliedResource[]>;
  /** Those of these names; in no order. */
  of(input: { tenantId?: string; kind: string; names: readonly string[] }): Promise<readonly AppliedResource[]>;
  /** Those that go with these messages; in no order. */
  ofMessages(input: {
    tenantId: string;
    kind: string;
    messageIds: readonly string[];
  }): Promise<readonly AppliedResource[]>;
  /** Takes the place of the one of that kind and name. With `messageId` it goes with that message. */
  put(input: Omit<AppliedResource, 'createdAt' | 'updatedAt'> & { messageId?: string; now: number }): Promise<void>;
  /** False: it was not there. */
  forget(input: { tenantId?: string; kind: string; name: string }): Promise<boolean>;
}
