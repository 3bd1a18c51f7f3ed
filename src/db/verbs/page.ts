/** One page of a list that the store gives. */

/** A page may hold few, or none, where what was looked at holds little that matches: the cursor says whether more follows. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Give it back to get what follows; absent at the end. */
  readonly cursor?: string;
}
