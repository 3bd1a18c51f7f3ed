/**
 * What a vendor tells by itself of mail that it was given, as it is posted to `/hooks/{provider}`: a callback becomes feedback
 * once it has shown that it is the vendor's.
 */

import type { NewFeedback, OneUseToken } from '../../db/verbs/feedback.ts';

export interface Callback {
  /** `name`: in lower case. */
  header(name: string): string | undefined;
  /** As it came: signatures are of these bytes. They are gone once `json` was asked for. */
  readonly body: Uint8Array;
  /** The value of the body’s JSON; undefined where it is not JSON. A large one is read where nobody else waits for it. */
  json(): Promise<unknown>;
  /** Epoch ms. */
  readonly now: number;
}

/** What a vendor tells; whose name it is told under is known by who is asked. */
export type VendorFeedback = Omit<NewFeedback, 'provider'>;

/** `wrong_proof`: a signature of another key, or another login. */
export type ProofFault = 'no_proof' | 'wrong_proof' | 'too_old' | 'other_topic' | 'used_token';

export type CallbackResult =
  /** It does not show that it is the vendor's, or is too old. The operator hears why; whoever posted it does not. */
  | { readonly kind: 'refused'; readonly reason: ProofFault }
  /** It is the vendor's, and cannot be read. `why`: one sentence. */
  | { readonly kind: 'garbage'; readonly why: string }
  /** The proof cannot be looked at for now; the vendor comes again. `why`: one sentence. */
  | { readonly kind: 'later'; readonly why: string }
  | {
      readonly kind: 'events';
      readonly feedback: readonly VendorFeedback[];
      /** Events that mean nothing here: they are counted. */
      readonly unknown: number;
      /** Good once: a second callback that has it is refused. Such a callback has few events. */
      readonly token?: OneUseToken;
    };

/** Made once for each provider and its settings, so that it may keep what it fetched, such as certificates. */
export interface Inbound {
  /** Looks at the proof first, in constant time, and at what is told only then. */
  read(callback: Callback): Promise<CallbackResult>;
}
