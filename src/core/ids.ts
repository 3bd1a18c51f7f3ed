/** UUIDv7 (RFC 9562 §5.7): ids that sort by the time they were made, so that indexes grow at one end. */

import type { Clock } from './clock.ts';
import { fillRandom } from './random.ts';

export type NewId = () => string;

const POOL_BYTES = 4096;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Makes a generator whose ids never go backwards, even within a millisecond or when the clock is set back:
 * `rand_a` is a counter (RFC 9562 §6.2, method 1) and a full counter borrows the next millisecond.
 */
export function createIds(clock: Pick<Clock, 'now'>): NewId {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  let lastMs = 0;
  let counter = 0;

  return () => {
    const now = clock.now();
    if (now > lastMs) {
      lastMs = now;
      counter = 0;
    } else if (++counter > 0xfff) {
      lastMs += 1;
      counter = 0;
    }
    if (used + 8 > POOL_BYTES) {
      fillRandom(pool);
      used = 0;
    }
    const time = lastMs.toString(16).padStart(12, '0');
    const sequence = counter.toString(16).padStart(3, '0');
    const byte = (offset: number) => pool[used + offset] ?? 0;
    const hex = (offset: number) => HEX[byte(offset)] ?? '00';
    const variant = HEX[(byte(0) & 0x3f) | 0x80] ?? '80';
    const id = `${time.slice(0, 8)}-${time.slice(8)}-7${sequence}-${variant}${hex(1)}-${hex(2)}${hex(3)}${hex(4)}${hex(5)}${hex(6)}${hex(7)}`;
    used += 8;
    return id;
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether `text` has the form of an id of ours; anything else need not be looked up. */
export function isId(text: string): boolean {
  return UUID.test(text);
}
