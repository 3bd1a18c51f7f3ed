/** The store's verbs about followers outside of it who are told the event log by one node: how far they were told. */

export interface PublicationVerbs {
  /**
   * Takes or keeps the lead: one owner has it, until its lease ends. Where nothing was told before, it begins where the log ends
   * now. Returns how far it was told; undefined: another node leads.
   */
  lead(input: {
    name: string;
    owner: string;
    now: number;
    leaseMs: number;
  }): Promise<{ readonly position: string } | undefined>;
  /** All up to there was told. False: the lead is another's by now, and nothing was written. */
  told(input: { name: string; owner: string; position: string }): Promise<boolean>;
}
