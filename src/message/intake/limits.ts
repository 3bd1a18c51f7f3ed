/** The limits of a submission's size; read with each, as they may change. The size of a raw message is bounded by the door that reads it. */

import { type AttachmentLimits, defaultAttachmentLimits } from '../attachments/limits.ts';

export interface AcceptLimits {
  readonly maxRecipients: number;
  readonly maxSubjectLength: number;
  /** Characters of html and of text, each. */
  readonly maxBodyLength: number;
  /** The same where there are variables: a template costs more than a text. */
  readonly maxTemplateLength: number;
  readonly maxVariables: JsonLimits;
  readonly maxMetadata: JsonLimits;
  readonly maxHeaders: number;
  readonly maxHeaderLength: number;
  readonly maxTags: number;
  /** Where the tenant sets none of its own. */
  readonly attachments: AttachmentLimits;
  readonly maxScheduleMs: number;
  /** Pages of ours can be reached from outside: `http.publicUrl` is set. */
  readonly isPublic: boolean;
  /** Attempts of a message whose tenant sets none. */
  readonly maxAttempts: number;
}

/** Bounds of a JSON value: how deep it nests, how many values it holds, and the characters of all its strings and names. */
export interface JsonLimits {
  readonly depth: number;
  readonly values: number;
  readonly length: number;
}

export const defaultAcceptLimits: AcceptLimits = {
  maxRecipients: 1000,
  maxSubjectLength: 2000,
  maxBodyLength: 10 * 1024 * 1024,
  maxTemplateLength: 1024 * 1024,
  maxVariables: { depth: 20, values: 100_000, length: 1024 * 1024 },
  maxMetadata: { depth: 10, values: 1000, length: 64 * 1024 },
  maxHeaders: 50,
  maxHeaderLength: 4000,
  maxTags: 50,
  attachments: defaultAttachmentLimits,
  maxScheduleMs: 366 * 24 * 3600 * 1000,
  isPublic: false,
  maxAttempts: 5,
};
