/** The signed tokens of links in mail and cards. They are good for as long as what they name is there, also after a new master key. */

import { type ReadToken, type SignToken, tokenReader, tokenSigner } from '../core/signed-token.ts';
import { createKeptKeys, type KeptKeyDeps } from './kept-keys.ts';

export interface LinkTokens {
  /** Good for the tokens of one message; ask again for the next. */
  signer(): Promise<SignToken>;
  reader(): Promise<ReadToken>;
  /** That signs, for links that are no tokens, such as addresses, and for a thread that signs many. */
  key(): Promise<Uint8Array>;
  keys(): Promise<readonly Uint8Array[]>;
}

export function createLinkTokens(deps: KeptKeyDeps): LinkTokens {
  const keys = createKeptKeys(deps, { purpose: 'signed links', keptForMs: Number.POSITIVE_INFINITY });
  return {
    signer: async () => tokenSigner(await keys.signing()),
    reader: async () => tokenReader(await keys.all()),
    key: keys.signing,
    keys: keys.all,
  };
}
