/** An entry of a queue that could not be read. */

export interface SetAside {
  /** Its number in the queue. */
  readonly entry: number;
  /** The message, a dead letter now; absent where its row is lost. */
  readonly messageId?: string;
  readonly tenantId?: string;
  readonly reason: string;
}
