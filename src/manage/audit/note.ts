/** What a call adds to the entry that the audit log makes of it. */

/** What a handler adds by `call.audit`. */
export interface AuditNote {
  /** What was changed, where the path does not say it. */
  readonly target?: string;
  readonly before?: unknown;
  readonly after?: unknown;
}
