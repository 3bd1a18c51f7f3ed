/** The links that only the copy of one recipient has: to turn off what it is, and to all that its subscriber gets. */

import type { Message } from '../core/message.ts';
import { writeReturnPath } from '../core/return-path.ts';
import type { KeptKeyDeps } from './kept-keys.ts';
import { createLinkTokens } from './link-tokens.ts';

type Sent = Pick<Message, 'id' | 'tenantId' | 'unsubscribe' | 'subscriber'>;

export interface OwnLinks {
  readonly unsubscribeUrl?: string | undefined;
  /** A mail to it does the same. */
  readonly unsubscribeAddress?: string | undefined;
  readonly preferencesUrl?: string | undefined;
}

export type OwnLinksFor = (recipient: { readonly address: string; readonly position: number }) => OwnLinks;

export interface OwnLinksOf {
  /** Undefined, without waiting, where it has none, or no page of ours can be reached. */
  of(message: Sent): Promise<OwnLinksFor> | undefined;
}

/** Read at each use. */
export interface OwnLinkOptions {
  /** Where the pages are; without a slash at its end. */
  readonly publicUrl?: string | undefined;
  /** Of return paths; absent: no mail unsubscribes. */
  readonly domain?: string | undefined;
}

/** What the token of a link is for. Its fields are the tenant, the address, the category, the message, and its subscriber or nothing. */
export const UNSUBSCRIBE = 'unsubscribe';
/** Its fields are the tenant, the subscriber, and the message that it was made for. That message is older than any later subscriber of the same id. */
export const PREFERENCES = 'preferences';

export function createOwnLinks(deps: KeptKeyDeps, options: OwnLinkOptions): OwnLinksOf {
  const tokens = createLinkTokens(deps);

  async function linksOf({ id, tenantId, unsubscribe, subscriber }: Sent, publicUrl: string): Promise<OwnLinksFor> {
    const { domain } = options;
    const [sign, key] = await Promise.all([tokens.signer(), tokens.key()]);
    const preferencesUrl =
      subscriber === undefined ? undefined : `${publicUrl}/p/${sign(PREFERENCES, [tenantId, subscriber, id])}`;
    return ({ address, position }) => {
      if (unsubscribe === undefined) return { preferencesUrl };
      const fields = [tenantId, address, unsubscribe.category, id, ...(subscriber === undefined ? [] : [subscriber])];
      return {
        unsubscribeUrl: `${publicUrl}/u/${sign(UNSUBSCRIBE, fields)}`,
        unsubscribeAddress: domain && writeReturnPath({ messageId: id, position, unsubscribes: true }, { key, domain }),
        preferencesUrl,
      };
    };
  }

  return {
    of(message) {
      const { publicUrl } = options;
      const hasLinks = message.unsubscribe !== undefined || message.subscriber !== undefined;
      return hasLinks && publicUrl !== undefined ? linksOf(message, publicUrl) : undefined;
    },
  };
}
