/**
 * What is done with a callback before it has shown whose it is. Anybody may post five megabytes, again and again: so nothing
 * is made of them but what the proof needs, and nobody waits while they are hashed.
 */

import { setImmediate as nextRound } from 'node:timers/promises';
import { hasMoreValues } from '../../../core/value-count.ts';

/** Hashed at once: less than a millisecond. */
const PIECE_BYTES = 256 * 1024;

export interface JsonBounds {
  readonly maxBytes: number;
  /** As `hasMoreValues` counts them. */
  readonly maxValues: number;
}

/** The value of a JSON body that carries its proof; undefined where it is none, or holds more than the vendor's do. */
export function jsonBeforeProof(body: Uint8Array, { maxBytes, maxValues }: JsonBounds): unknown {
  if (body.length > maxBytes || hasMoreValues(body, maxValues)) return undefined;
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Returns `hash` when it has all of the body. */
export async function hashBeforeProof<Hash extends { update(piece: Uint8Array): unknown }>(
  hash: Hash,
  body: Uint8Array,
): Promise<Hash> {
  for (let start = 0; start < body.length; start += PIECE_BYTES) {
    if (start > 0) await nextRound();
    hash.update(body.subarray(start, start + PIECE_BYTES));
  }
  return hash;
}
