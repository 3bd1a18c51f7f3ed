/**
 * Stands before one provider: lets in as many messages as it takes at once, keeps a few waiting so that it never idles,
 * and sends the rest back to the store. A gate that is closed holds nobody.
 */

import type { Clock } from '../../core/clock.ts';
import { pause } from '../../core/pause.ts';
import {
  isOneTooMany,
  keepTo,
  openThrottle,
  type RefusedConnection,
  roomOf,
  slowDown,
  speedUp,
  type Throttle,
} from './throttle.ts';

/** `in`: the provider may have it; give the turn back with `leave`. */
export type GateTurn =
  | { readonly kind: 'in'; readonly enteredAt: number; readonly isProbe: boolean }
  /** Too many wait already. */
  | { readonly kind: 'full' }
  /** `turnedAway`: the provider said "not now" rather than "slower". */
  | { readonly kind: 'closed'; readonly waitMs: number; readonly turnedAway: boolean };

export type PaceVerdict =
  | { readonly kind: 'success' }
  /** A connection was turned away. `otherwise`: what that means where it was not one too many. */
  | (Pick<RefusedConnection, 'others' | 'isNew'> & {
      readonly kind: 'refused';
      readonly otherwise: Exclude<PaceVerdict, Refused>;
    })
  | { readonly kind: 'throttled'; readonly retryAfterMs?: number | undefined; readonly turnedAway?: true }
  /** Says nothing about the pace. */
  | { readonly kind: 'other' };

type Refused = { readonly kind: 'refused' };

export interface Gate {
  /** False: full or closed; nothing more should be claimed for it. */
  isOpen(): boolean;
  /** How long it stays closed; 0 when it is not. */
  closedForMs(): number;
  state(): { readonly inside: number; readonly waiting: number; readonly limit: number; readonly turnedAway: boolean };
  /** At once where it can be told at once. */
  enter(): GateTurn | Promise<GateTurn>;
  /** Returns whether the message met a connection too many, which says nothing against the provider. */
  leave(turn: GateTurn & { kind: 'in' }, verdict: PaceVerdict): boolean;
  /** Of who is inside: waits until a further request may go by `maxPerSecond`, or the signal aborts. */
  pace(signal: AbortSignal): Promise<void>;
  /** Sends back all that wait, at shutdown. */
  sendBack(): void;
}

/** From so many waiting on, nothing more is claimed for this provider… */
export const FULL = 100;
/** …until no more than this wait. It covers the time that the next claim takes, so that the provider does not idle. */
export const ROOM = 50;
/** More never wait, so that one provider does not fill the outbox. Above FULL by more than what one claim brings. */
export const MOST_WAITING = 200;
/** Behind a gate that lets in so many a second, no more wait than get in within this. */
const LONGEST_QUEUE_MS = 5_000;
/** What was not used for this long may be made up for, so that a timer that comes late costs no pace. */
const CATCH_UP_MS = 50;

export function createGate(
  deps: { readonly clock: Clock /** There is room again. */; readonly onRoom: () => void },
  options: { readonly concurrency: number; readonly maxPerSecond?: number },
): Gate {
  const { clock, onRoom } = deps;
  const { concurrency, maxPerSecond = Number.POSITIVE_INFINITY } = options;
  const marks = marksOf(maxPerSecond);
  const waiting: ((turn: GateTurn) => void)[] = [];
  let throttle: Throttle = openThrottle(concurrency);
  let inside = 0;
  let isFull = false;
  let isOpening = false;
  let turnedAway = false;
  /** When the next request is due by `maxPerSecond`. */
  let nextAt = Number.NEGATIVE_INFINITY;
  let cancelPace: (() => void) | undefined;
  /** The one message more than the limit is inside. */
  let isProbing = false;
  let cancelProbe: (() => void) | undefined;

  // Whole milliseconds: timers know no parts, and one that comes too early would find it closed.
  const closedForMs = () => Math.max(0, Math.ceil(throttle.closedUntil - clock.monotonic()));

  const paceWaitMs = () =>
    maxPerSecond === Number.POSITIVE_INFINITY ? 0 : Math.ceil(nextAt - CATCH_UP_MS - clock.monotonic());
  const mayEnter = () => inside < roomOf(throttle, { now: clock.monotonic(), isProbing }) && paceWaitMs() <= 0;

  const letIn = (): GateTurn => {
    const enteredAt = clock.monotonic();
    const isProbe = inside >= throttle.limit;
    inside += 1;
    isProbing ||= isProbe;
    nextAt = Math.max(nextAt, enteredAt) + 1_000 / maxPerSecond;
    return { kind: 'in', enteredAt, isProbe };
  };

  const admit = () => {
    while (waiting.length > 0 && closedForMs() === 0 && mayEnter()) waiting.shift()?.(letIn());
    awaitPace();
    awaitProbe();
    if (!isFull || waiting.length > marks.room) return;
    isFull = false;
    onRoom();
  };

  const awaitPace = () => {
    const waitMs = paceWaitMs();
    if (waitMs <= 0 || waiting.length === 0 || cancelPace) return;
    cancelPace = clock.after(waitMs, () => {
      cancelPace = undefined;
      admit();
    });
  };

  /** Those inside may take long: one more is tried when it is time, and not only when one of them leaves. */
  const awaitProbe = () => {
    const waitMs = Math.ceil(throttle.probeAt - clock.monotonic());
    if (waitMs <= 0 || waiting.length === 0 || cancelProbe) return;
    cancelProbe = clock.after(waitMs, () => {
      cancelProbe = undefined;
      admit();
    });
  };

  const sendBack = (waitMs: number) => {
    // An old reply of the provider sends no mail elsewhere now.
    for (const resolve of waiting.splice(0)) resolve({ kind: 'closed', waitMs, turnedAway: turnedAway && waitMs > 0 });
    isFull = false;
  };

  /** Tells of the room when the pause is over, however often it was made longer meanwhile. */
  const awaitOpening = () => {
    const waitMs = closedForMs();
    isOpening = waitMs > 0;
    if (isOpening) clock.after(waitMs, awaitOpening);
    else onRoom();
  };

  const slow = (enteredAt: number, verdict: PaceVerdict & { kind: 'throttled' }) => {
    const { retryAfterMs } = verdict;
    throttle = slowDown(throttle, { now: clock.monotonic(), sentAt: enteredAt, retryAfterMs });
    turnedAway = verdict.turnedAway === true;
    sendBack(closedForMs());
    if (!isOpening) awaitOpening();
  };

  return {
    isOpen: () => !isFull && closedForMs() === 0,
    closedForMs,
    enter() {
      const waitMs = closedForMs();
      if (waitMs > 0) return { kind: 'closed', waitMs, turnedAway };
      if (waiting.length === 0 && mayEnter()) return letIn();
      if (waiting.length >= marks.most) return { kind: 'full' };
      return new Promise((resolve) => {
        waiting.push(resolve);
        awaitPace();
        awaitProbe();
        if (waiting.length >= marks.full) isFull = true;
      });
    },
    leave({ enteredAt: sentAt, isProbe }, verdict) {
      inside -= 1;
      if (isProbe) isProbing = false;
      const now = clock.monotonic();
      const refusal = verdict.kind === 'refused' ? { ...verdict, now, sentAt } : undefined;
      const isCrowd = refusal !== undefined && isOneTooMany(throttle, refusal);
      const said = verdict.kind === 'refused' ? verdict.otherwise : verdict;
      if (isCrowd) throttle = keepTo(throttle, refusal);
      else if (said.kind === 'success') throttle = speedUp(throttle, { now, sentAt, isProbe });
      if (said.kind === 'throttled' && !isCrowd) slow(sentAt, said);
      else admit();
      return isCrowd;
    },
    async pace(signal) {
      const waitMs = paceWaitMs();
      nextAt = Math.max(nextAt, clock.monotonic()) + 1_000 / maxPerSecond;
      if (waitMs > 0 && !signal.aborted) await pause(waitMs, { clock, signal });
    },
    state: () => ({ inside, waiting: waiting.length, limit: throttle.limit, turnedAway }),
    sendBack: () => sendBack(0),
  };
}

function marksOf(maxPerSecond: number): { readonly full: number; readonly room: number; readonly most: number } {
  const full = Math.min(FULL, Math.ceil((maxPerSecond * LONGEST_QUEUE_MS) / 1_000));
  return { full, room: Math.min(ROOM, full >> 1), most: full + MOST_WAITING - FULL };
}
