/** The verbs over all that the vault sealed, whichever table it is in. Sealing itself never happens in the store. */

export interface SealedText {
  readonly table: string;
  readonly column: string;
  readonly id: string;
  /** What it was sealed for. */
  readonly place: string;
  readonly sealed: string;
}

export interface SealVerbs {
  /** All there are. */
  sealedTexts(): Promise<readonly SealedText[]>;
  /** Puts a new text in place of each that is still as it was read. Answers how many were. */
  reseal(changes: readonly (SealedText & { readonly anew: string })[]): Promise<number>;
}
