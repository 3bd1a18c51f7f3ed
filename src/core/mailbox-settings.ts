/** What a mailbox is told that reports are read from, for all who pass it on without knowing how: the configuration. */

export interface MailboxSettings {
  readonly host: string;
  readonly username: string;
  readonly folder: string;
  /** What these are is known to its reader alone. */
  readonly [setting: string]: unknown;
}
