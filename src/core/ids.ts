/** UUIDv7 (RFC 9562 §5.7): ids that sort by the time they were made, so that indexes grow at one end. */

import type { Clock } from './clock.ts';
import { fillRandom } from './random.ts';

export type NewId = () => string;

const POOL_BYTES = 4096;
const DIGITS = '0123456789abcdef';
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Makes a generator whose ids never go backwards, even within a millisecond or when the clock is set back:
 * `rand_a` is a counter (RFC 9562 §6.2, method 1) and a full counter borrows the next millisecond.
 */
export function createIds(clock: Pick<Clock, 'now'>): NewId {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  let lastMs = 0;
  let time = timeOf(lastMs);
  let counter = 0;
  const hex = () => HEX[pool[used++] ?? 0];

  return () => {
    const now = clock.now();
    if (now > lastMs) {
      lastMs = now;
      counter = 0;
      time = timeOf(lastMs);
    } else if (++counter > 0xfff) {
      lastMs += 1;
      counter = 0;
      time = timeOf(lastMs);
    }
    if (used + 8 > POOL_BYTES) {
      fillRandom(pool);
      used = 0;
    }
    const variant = HEX[((pool[used++] ?? 0) & 0x3f) | 0x80];
    const sequence = `7${DIGITS[counter >> 8]}${HEX[counter & 0xff]}`;
    return `${time}${sequence}-${variant}${hex()}-${hex()}${hex()}${hex()}${hex()}${hex()}${hex()}`;
  };
}

function timeOf(ms: number): string {
  const time = ms.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-`;
}

/** Epoch ms at which an id was made. */
export function madeAt(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether `text` has the form of an id of ours; anything else need not be looked up. */
export function isId(text: string): boolean {
  return UUID.test(text);
}
