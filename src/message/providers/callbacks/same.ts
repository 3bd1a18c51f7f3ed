/** Whether a secret, or what was made with it, is the one that was shown: in the same time for every other. */

import { createHash, timingSafeEqual } from 'node:crypto';

export function isSame(shown: string | Uint8Array, wanted: string | Uint8Array): boolean {
  return timingSafeEqual(digest(shown), digest(wanted));
}

/** Of one length, whatever was shown. */
function digest(value: string | Uint8Array): Buffer {
  return createHash('sha256').update(value).digest();
}
