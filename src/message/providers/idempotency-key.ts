/**
 * The key by which a vendor knows a request again. It is made of what the request is about and stored nowhere: another attempt for
 * the same recipients has the same key, also in another process, and each part of a message that goes in several has its own.
 */

import { createHash } from 'node:crypto';
import type { Parcel } from './provider.ts';

/** Within the 256 characters that vendors take. */
export function idempotencyKeyOf({ messageId, recipients }: Pick<Parcel, 'messageId' | 'recipients'>): string {
  const positions = recipients.map(({ position }) => position).sort((a, b) => a - b);
  return `${messageId}-${createHash('sha256').update(positions.join()).digest('hex').slice(0, 32)}`;
}
