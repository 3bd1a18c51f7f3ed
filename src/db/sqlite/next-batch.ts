/**
 * Which of the calls that wait make up the next commit. A thousand messages in one call take a hundred milliseconds, and fifty
 * pieces of feedback four: such a call is committed alone, and between two of them everybody else is.
 */

import type { VerbCall } from './engine.ts';

/** Messages from which on an `accept` is committed alone. */
const LONG = 200;
/** Pieces of feedback from which on they are. */
const LONG_FEEDBACK = 20;

/** Takes the next batch out of `waiting`, at most `max` calls. Calls that are not long keep their order. */
export function createNextBatch(max: number): <T extends { readonly call: VerbCall }>(waiting: T[]) => T[] {
  let wasLong = false;

  return (waiting) => {
    const at = waiting.findIndex(({ call }) => isLong(call));
    if (at === -1) {
      wasLong = false;
      return waiting.splice(0, max);
    }
    const others = at > 0 || wasLong ? waiting.filter(({ call }) => !isLong(call)).slice(0, max) : [];
    wasLong = others.length === 0;
    if (wasLong) return waiting.splice(at, 1);
    const taken = new Set(others);
    waiting.splice(0, waiting.length, ...waiting.filter((one) => !taken.has(one)));
    return others;
  };
}

function isLong({ verb, input }: VerbCall): boolean {
  if (verb === 'outbox.accept') return (input as { readonly messages: readonly unknown[] }).messages.length >= LONG;
  if (verb !== 'feedback.record') return false;
  return (input as { readonly feedback: readonly unknown[] }).feedback.length >= LONG_FEEDBACK;
}
