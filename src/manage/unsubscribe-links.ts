/** The links by which the recipients of a message turn off what it is. */

import type { Message } from '../core/message.ts';
import { writeReturnPath } from '../core/return-path.ts';
import type { UnsubscribeLink } from '../message/delivery/own-headers.ts';
import type { KeptKeyDeps } from './kept-keys.ts';
import { createLinkTokens } from './link-tokens.ts';

type Sent = Pick<Message, 'id' | 'tenantId' | 'unsubscribe'>;
type LinkOf = (recipient: { readonly address: string; readonly position: number }) => UnsubscribeLink;

export interface UnsubscribeLinks {
  /** Undefined, without waiting, where it cannot be turned off, or no page of ours can be reached. */
  of(message: Sent): Promise<LinkOf> | undefined;
}

/** Read at each use. */
export interface UnsubscribeLinkOptions {
  /** Where the pages are; without a slash at its end. */
  readonly publicUrl?: string | undefined;
  /** Of return paths; absent: no mail unsubscribes. */
  readonly domain?: string | undefined;
}

/** What the token of a link is for; its fields are the tenant, the address, the category and the message. */
export const UNSUBSCRIBE = 'unsubscribe';

export function createUnsubscribeLinks(deps: KeptKeyDeps, options: UnsubscribeLinkOptions): UnsubscribeLinks {
  const tokens = createLinkTokens(deps);

  async function linksOf({ id, tenantId, unsubscribe }: Sent & Required<Pick<Sent, 'unsubscribe'>>, publicUrl: string) {
    const { category } = unsubscribe;
    const { domain } = options;
    const [sign, key] = await Promise.all([tokens.signer(), tokens.key()]);
    return ({ address, position }: Parameters<LinkOf>[0]): UnsubscribeLink => ({
      url: `${publicUrl}/u/${sign(UNSUBSCRIBE, [tenantId, address, category, id])}`,
      address: domain && writeReturnPath({ messageId: id, position, unsubscribes: true }, { key, domain }),
    });
  }

  return {
    of(message) {
      const { unsubscribe } = message;
      const { publicUrl } = options;
      return unsubscribe && publicUrl !== undefined ? linksOf({ ...message, unsubscribe }, publicUrl) : undefined;
    },
  };
}
