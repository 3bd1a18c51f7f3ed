/**
 * What a passkey is asked to sign: 6 bytes of time, 16 at random, 16 of an HMAC over both and the purpose. So nothing is kept of
 * those that strangers ask for; of those that were answered the store keeps a hash until they end.
 */

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Vault } from '../core/vault.ts';
import type { AnsweredChallenge } from '../db/verbs/factors.ts';

export interface Challenges {
  /** `purpose`: what the answer lets one do, and whom; the same must be said to check it. */
  create(purpose: string): Uint8Array<ArrayBuffer>;
  /** `text` is base64url. Undefined where it is none of ours, for something else, or has ended. */
  check(text: string, purpose: string): AnsweredChallenge | undefined;
}

const LASTS_MS = 5 * 60_000;
const TIME_BYTES = 6;
const RANDOM_BYTES = 16;
const MAC_BYTES = 16;

export function createChallenges({
  vault,
  clock,
}: {
  vault: Pick<Vault, 'derive'>;
  clock: Pick<Clock, 'now'>;
}): Challenges {
  const keys = () => vault.derive('passkey challenges').map(({ key }) => key);
  const macOf = (key: Uint8Array, body: Uint8Array, purpose: string) =>
    createHmac('sha256', key).update(body).update(purpose).digest().subarray(0, MAC_BYTES);

  return {
    create(purpose) {
      const time = Buffer.alloc(TIME_BYTES);
      time.writeUIntBE(clock.now() + LASTS_MS, 0, TIME_BYTES);
      const body = Buffer.concat([time, randomBytes(RANDOM_BYTES)]);
      const [key = new Uint8Array()] = keys();
      return new Uint8Array(Buffer.concat([body, macOf(key, body, purpose)]));
    },
    check(text, purpose) {
      const bytes = Buffer.from(text, 'base64url');
      if (bytes.length !== TIME_BYTES + RANDOM_BYTES + MAC_BYTES) return undefined;
      const [body, mac] = [bytes.subarray(0, -MAC_BYTES), bytes.subarray(-MAC_BYTES)];
      const isOurs = keys().some((key) => timingSafeEqual(macOf(key, body, purpose), mac));
      const expiresAt = body.readUIntBE(0, TIME_BYTES);
      if (!isOurs || expiresAt <= clock.now()) return undefined;
      return { hash: createHash('sha256').update(bytes).digest('base64url'), expiresAt };
    },
  };
}
