/** Random bytes. A script that hands in one message needs a few, and node:crypto takes as long to load as the message to store. */

import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

/** What node:crypto takes its own from (random(4)). */
const SYSTEM = '/dev/urandom';

export function fillRandom(bytes: Uint8Array): void {
  if (!fillFromSystem(bytes)) randomFillSync(bytes);
}

/** False when the system has no such device, as on Windows, or the device gives less. */
function fillFromSystem(bytes: Uint8Array): boolean {
  try {
    const file = openSync(SYSTEM, 'r');
    try {
      return readSync(file, bytes) === bytes.length;
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}
