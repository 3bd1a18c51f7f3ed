/** OAuth2 tokens of providers in the store, sealed. */

import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { Vault } from '../core/vault.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { KeptTokens } from '../message/providers/oauth2/token-keeper.ts';

interface TokenDeps {
  readonly store: StorePart<'providers.keptToken' | 'providers.keepToken'>;
  readonly vault: Vault;
  readonly clock: Clock;
}

export function keptTokens(deps: TokenDeps): KeptTokens {
  const { store, vault, clock } = deps;
  return {
    ...readTokens(deps),
    write: (provider, text) =>
      store.providers.keepToken({ provider, token: vault.seal(text, contextOf(provider)), now: clock.now() }),
  };
}

/** For a store that is not to be changed. */
export function readTokens({ store, vault }: Pick<TokenDeps, 'store' | 'vault'>): KeptTokens {
  return {
    async read(provider) {
      const sealed = await store.providers.keptToken({ provider });
      if (sealed === undefined) return undefined;
      try {
        return vault.open(sealed, contextOf(provider));
      } catch (error) {
        // The master key is lost: another token is asked for.
        if (error instanceof IepError && error.code === 'secret_unreadable') return undefined;
        throw error;
      }
    },
  };
}

function contextOf(provider: string): string {
  return `token:${provider}`;
}
