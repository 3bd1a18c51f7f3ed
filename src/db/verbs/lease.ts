/** What a node asks for when it takes work on itself. */

/** With `accept`: for what is stored, at once, so that the outbox gets it from memory. */
export interface LeaseRequest {
  /** `node/run` (rules/lease-owner.ts). Its own leases are its own business: it never claims them again. */
  readonly owner: string;
  /** Epoch ms. A store with a clock of its own counts the lease by that one. */
  readonly now: number;
  readonly leaseMs: number;
}
