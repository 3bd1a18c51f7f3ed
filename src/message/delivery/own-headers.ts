/** The header fields by which a mail client offers to unsubscribe (RFC 2369, RFC 8058). Each recipient has a link of its own. */

import type { Message } from '../../core/message.ts';
import type { Parcel } from '../providers/provider.ts';

/** Header fields that only the copy of one recipient has. */
export type OwnHeaders = (recipient: Parcel['recipients'][number]) => Parcel['headers'];

interface UnsubscribeLink {
  /** HTTPS, where RFC 8058 has its button. */
  readonly unsubscribeUrl?: string | undefined;
  /** A mail to it does the same. */
  readonly unsubscribeAddress?: string | undefined;
}

/** Undefined, without waiting, where the message has no links of its recipients. */
export function ownHeadersBy(links: {
  of(message: Message): Promise<(recipient: Parcel['recipients'][number]) => UnsubscribeLink> | undefined;
}): (message: Message) => Promise<OwnHeaders> | undefined {
  return (message) => links.of(message)?.then((linkOf) => (recipient) => unsubscribeHeaders(linkOf(recipient)));
}

function unsubscribeHeaders({ unsubscribeUrl, unsubscribeAddress }: UnsubscribeLink): Parcel['headers'] {
  if (unsubscribeUrl === undefined) return [];
  const byMail = unsubscribeAddress === undefined ? '' : `, <mailto:${unsubscribeAddress}?subject=unsubscribe>`;
  return [
    ['List-Unsubscribe', `<${unsubscribeUrl}>${byMail}`],
    ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
  ];
}
