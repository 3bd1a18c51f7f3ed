/** What a vendor tells by itself, where it waits in a queue until it is fetched. */

import type { VendorFeedback } from './inbound.ts';

export interface EventQueue {
  /** Where that is, in a word for the log. */
  readonly where: string;
  /**
   * Waits for some, as long as the queue lets one wait; those that it gives are nobody else's for a while. Rejects where it
   * cannot be asked, with a message that has no secret in it; and where `signal` breaks it off.
   */
  receive(signal: AbortSignal): Promise<FetchedEvents>;
  close(): void;
}

export interface FetchedEvents {
  readonly feedback: readonly VendorFeedback[];
  /** Events that mean nothing here. */
  readonly unknown: number;
  /** Takes them out of the queue, once they are on disk. Until then they come again. */
  remove(): Promise<void>;
}
