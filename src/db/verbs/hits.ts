/** The store's verbs about the reading of mail: what its own pixel and links tell. */

import type { Actor, HitKind } from '../../core/tracking.ts';

/** Somebody, or some program, loaded the pixel of a copy or followed one of its links. */
export interface NewHit {
  readonly messageId: string;
  /** Of the recipient whose copy it is. */
  readonly position: number;
  readonly kind: HitKind;
  /** Epoch ms. */
  readonly at: number;
  /** Where the link leads. */
  readonly url?: string;
  readonly userAgent?: string;
  readonly ip?: string;
  readonly isHead?: boolean;
  /** It was the link that people do not see, or came together with a click on it. */
  readonly isDecoy?: boolean;
  /** Links of this copy that were followed within a second, this one among them. */
  readonly linksAtOnce?: number;
}

export interface TakenHit {
  readonly tenantId: string;
  readonly actor: Actor;
  readonly rule: string;
  /** False: it is counted, and the history has so many of this recipient that it takes no more. */
  readonly isKept: boolean;
}

export interface HitVerbs {
  /**
   * Takes all of these in one commit: who it was is decided (db/rules/hit.ts), counted and, as long as there are few, appended to the
   * history. Says of each, in order, what became of it; undefined: its message is not here any more.
   */
  record(input: { hits: readonly NewHit[]; now: number }): Promise<readonly (TakenHit | undefined)[]>;
}
