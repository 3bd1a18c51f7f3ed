/** The submission of a command: a message in parts, or one that is whole. */

export interface PartsSubmission {
  /** As POST /v1/messages takes it. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Who it is from where neither it nor the tenant says. */
  readonly from: string;
}

export interface RawSubmission {
  readonly raw: Uint8Array;
  /** Reverse path; absent: the address of its From field. */
  readonly mailFrom?: string;
  /** Absent: the recipients that its header names. */
  readonly recipients?: readonly string[];
  /** What From says where the message has none. */
  readonly from: string;
  /** `X-IEP-…` fields to put before its header. */
  readonly iepFields?: string;
}
