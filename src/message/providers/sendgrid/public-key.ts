/** The key that SendGrid's signatures are checked with. */

import { createPublicKey, type KeyObject } from 'node:crypto';

/** `text`: base64, as SendGrid shows it, or PEM. Undefined where it is not a public key of P-256. */
export function readPublicKey(text: string): KeyObject | undefined {
  const der = Buffer.from(text.replaceAll(/-----[A-Z ]+-----/g, ''), 'base64');
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  } catch {
    return undefined;
  }
}
