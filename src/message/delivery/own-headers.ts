/** The header fields by which a mail client offers to unsubscribe (RFC 2369, RFC 8058). Each recipient has a link of its own. */

import type { Message } from '../../core/message.ts';
import type { Parcel } from '../providers/provider.ts';

export interface UnsubscribeLink {
  /** HTTPS, where RFC 8058 has its button. */
  readonly url: string;
  /** An address to which a mail does the same. */
  readonly address?: string | undefined;
}

/** Header fields that only the copy of one recipient has. */
export type OwnHeaders = (recipient: Parcel['recipients'][number]) => Parcel['headers'];

/** Undefined, without waiting, where the message cannot be turned off. */
export function ownHeadersBy(links: {
  of(message: Message): Promise<(recipient: Parcel['recipients'][number]) => UnsubscribeLink> | undefined;
}): (message: Message) => Promise<OwnHeaders> | undefined {
  return (message) => links.of(message)?.then((linkOf) => (recipient) => unsubscribeHeaders(linkOf(recipient)));
}

function unsubscribeHeaders({ url, address }: UnsubscribeLink): Parcel['headers'] {
  const byMail = address === undefined ? '' : `, <mailto:${address}?subject=unsubscribe>`;
  return [
    ['List-Unsubscribe', `<${url}>${byMail}`],
    ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
  ];
}
