/** Who changes something, and what an action adds to the entry that the audit log makes of it. */

import type { AuditActor } from '../../core/audit-entry.ts';

/** What the audit log has of a call besides the action. Each call has an object of its own. */
export interface Caller {
  readonly actor: AuditActor;
  /** The address that the call came from, or `local`. */
  readonly source: string;
  readonly requestId?: string;
  /** What was asked for, as the door heard it. Secrets and content are cut out where it is kept. */
  readonly asked: Readonly<Record<string, unknown>>;
}

/** What an action tells while it is done. */
export interface AuditNote {
  readonly tenant?: string;
  readonly target?: string;
  readonly before?: unknown;
  readonly after?: unknown;
}
