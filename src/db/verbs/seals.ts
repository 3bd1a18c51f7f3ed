/**
 * The verbs over all that the vault sealed, whichever table it is in. Sealing itself never happens in the store; but it
 * refuses, with `store_unavailable`, a text that was sealed with a key that has been retired since.
 */

import type { DerivedKey } from '../../core/vault.ts';
import type { Page } from './page.ts';

export interface SealedText {
  readonly table: string;
  readonly column: string;
  readonly id: string;
  /** What it was sealed for. */
  readonly context: string;
  readonly sealed: string;
}

export interface SealVerbs {
  /** In an order that stays; a page looks at no more than so many. */
  list(input: { limit: number; cursor?: string }): Promise<Page<SealedText>>;
  /** Puts a new text in place of each that is still as it was read. Returns how many were. */
  reseal(changes: readonly (SealedText & { readonly anew: string })[]): Promise<number>;
  /**
   * Retires all but the first of the keys, derived for the audit log, whose end the first one vouches for from now on.
   * False, and nothing is changed, while a text is sealed with one of the others.
   */
  retireKeys(keys: readonly [DerivedKey, ...DerivedKey[]]): Promise<boolean>;
  /** A key that was retired is in use again. */
  reinstateKey(keyId: string): Promise<void>;
}
