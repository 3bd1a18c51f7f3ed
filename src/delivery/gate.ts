/**
 * Stands before one provider: lets in as many messages as it takes at once, keeps a few waiting so that it never idles,
 * and sends the rest back to the store. A gate that is closed holds nobody.
 */

import type { Clock } from '../core/clock.ts';
import { openThrottle, slowDown, speedUp, type Throttle } from './throttle.ts';

/** `in`: the provider may have it; give the turn back with `leave`. */
export type Turn =
  | { readonly kind: 'in'; readonly enteredAt: number }
  /** Too many wait already. */
  | { readonly kind: 'full' }
  | { readonly kind: 'closed'; readonly waitMs: number };

export type Verdict =
  | { readonly kind: 'success' }
  | { readonly kind: 'throttled'; readonly retryAfterMs?: number | undefined }
  /** Says nothing about the pace. */
  | { readonly kind: 'other' };

export interface Gate {
  /** False: full or closed; nothing more should be claimed for it. */
  isOpen(): boolean;
  /** How long it stays closed; 0 when it is not. */
  closedForMs(): number;
  /** At once where it can be told at once. */
  enter(): Turn | Promise<Turn>;
  leave(turn: Turn & { kind: 'in' }, verdict: Verdict): void;
  /** Sends back all that wait, at shutdown. */
  sendBack(): void;
}

/** From so many waiting on, nothing more is claimed for this provider… */
export const FULL = 100;
/** …until no more than this wait. It covers the time that the next claim takes, so that the provider does not idle. */
export const ROOM = 50;
/** More never wait, so that one provider does not fill the outbox. Above FULL by more than what one claim brings. */
export const MOST_WAITING = 200;

export function createGate(
  deps: { readonly clock: Clock /** There is room again. */; readonly onRoom: () => void },
  options: { readonly concurrency: number },
): Gate {
  const { clock, onRoom } = deps;
  const { concurrency } = options;
  const waiting: ((turn: Turn) => void)[] = [];
  let throttle: Throttle = openThrottle(concurrency);
  let inside = 0;
  let isFull = false;
  let isOpening = false;

  // Whole milliseconds: timers know no parts, and one that comes too early would find it closed.
  const closedForMs = () => Math.max(0, Math.ceil(throttle.closedUntil - clock.monotonic()));

  const letIn = (): Turn => {
    inside += 1;
    return { kind: 'in', enteredAt: clock.monotonic() };
  };

  const admit = () => {
    while (inside < throttle.limit && waiting.length > 0 && closedForMs() === 0) waiting.shift()?.(letIn());
    if (!isFull || waiting.length > ROOM) return;
    isFull = false;
    onRoom();
  };

  const sendBack = (waitMs: number) => {
    for (const resolve of waiting.splice(0)) resolve({ kind: 'closed', waitMs });
    isFull = false;
  };

  /** Tells of the room when the pause is over, however often it was made longer meanwhile. */
  const awaitOpening = () => {
    const waitMs = closedForMs();
    isOpening = waitMs > 0;
    if (isOpening) clock.after(waitMs, awaitOpening);
    else onRoom();
  };

  return {
    isOpen: () => !isFull && closedForMs() === 0,
    closedForMs,
    enter() {
      const waitMs = closedForMs();
      if (waitMs > 0) return { kind: 'closed', waitMs };
      if (inside < throttle.limit) return letIn();
      if (waiting.length >= MOST_WAITING) return { kind: 'full' };
      return new Promise((resolve) => {
        waiting.push(resolve);
        if (waiting.length >= FULL) isFull = true;
      });
    },
    leave({ enteredAt }, verdict) {
      inside -= 1;
      if (verdict.kind === 'success') throttle = speedUp(throttle, { sentAt: enteredAt, concurrency });
      if (verdict.kind === 'throttled') {
        const { retryAfterMs } = verdict;
        throttle = slowDown(throttle, { now: clock.monotonic(), sentAt: enteredAt, retryAfterMs });
        sendBack(closedForMs());
        if (!isOpening) awaitOpening();
      } else {
        admit();
      }
    },
    sendBack: () => sendBack(0),
  };
}
