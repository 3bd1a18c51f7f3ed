/**
 * The loop that all workers share: claim what is due, work on it, and claim again when there is room. It sleeps until
 * something is due or somebody wakes it, never works on more than its limit, and takes work from memory as well as from
 * claims. What the work is, and how a piece of it is settled, it does not know.
 */

import type { Clock } from '../../core/clock.ts';

export interface Claimed<T> {
  readonly items: readonly T[];
  /** When something that was not claimed falls due. */
  readonly nextDueAt?: number | undefined;
}

export interface WorkerDeps<T> {
  readonly clock: Clock;
  /** Leases at most `limit` that are due. */
  readonly claim: (limit: number) => Promise<Claimed<T>>;
  /** Works on one and settles it. Must not reject: what goes wrong is its own to log. */
  readonly work: (item: T) => Promise<void>;
  /** Gives back, untried, what came after the stop: a claim, or work from memory, may have been on its way. Must not reject. */
  readonly giveBack: (item: T) => Promise<void>;
  /** A claim failed, and so did those before it, `inARow` together; it is tried again after `waitMs`. */
  readonly onClaimFailed: (error: unknown, waitMs: number, inARow: number) => void;
}

export interface WorkerOptions {
  /** Pieces of work under way at once. */
  readonly maxInFlight: () => number;
  /** Most to claim at once. */
  readonly batch: number;
}

export interface Worker<T> {
  start(): void;
  /** Something may be due. */
  wake(): void;
  /** Something falls due at this time. */
  dueAt(at: number): void;
  /** Keeps room for work from memory. False while there is a backlog, which has its turn first, or no room. */
  reserve(count: number): boolean;
  /** Work from memory; `reserved` is what was reserved for it. */
  take(items: readonly T[], reserved: number): void;
  inFlight(): number;
  /** Claims no more, and begins nothing. What is under way goes on. */
  stop(): void;
  /** True when nothing is under way any more, false when `withinMs` passed first. */
  idle(withinMs: number): Promise<boolean>;
}

/** A claim is made at least this often: a wake-up may be lost, and the host's clock may be set. */
const HEARTBEAT_MS = 5_000;
const FIRST_CLAIM_WAIT_MS = 250;
const LONGEST_CLAIM_WAIT_MS = 10_000;
/** Guards against a source that says something is due and does not give it. */
const SHORTEST_SLEEP_MS = 100;

export function createWorker<T>(deps: WorkerDeps<T>, options: WorkerOptions): Worker<T> {
  const { clock } = deps;
  const { maxInFlight } = options;
  // A claim waits for room for all of it: where there is little room, a single piece that is stuck must not prevent that.
  const batch = () => Math.min(options.batch, Math.ceil(maxInFlight() / 2));
  const whenIdle = new Set<() => void>();
  let running = false;
  let isClaiming = false;
  let failures = 0;
  let inFlight = 0;
  let reserved = 0;
  /** Somebody woke us, and no claim was begun since. */
  let isAwake = false;
  /** The last claim got all that it asked for, so there may be more. Until the first claim nobody knows. */
  let hasBacklog = true;
  let alarm: { readonly at: number; cancel(): void } | undefined;
  let cancelHeartbeat: (() => void) | undefined;
  let cancelRecovery: (() => void) | undefined;

  const isIdle = () => inFlight === 0 && reserved === 0 && !isClaiming;

  const begin = async (item: T) => {
    inFlight += 1;
    try {
      await (running ? deps.work(item) : deps.giveBack(item));
    } finally {
      inFlight -= 1;
      goOn();
    }
  };

  const goOn = () => {
    if (isIdle()) for (const tell of whenIdle) tell();
    if (isAwake || hasBacklog) pump();
  };

  const pump = () => {
    if (!running || isClaiming || cancelRecovery) return;
    // Waits for room for a whole batch: claiming one by one costs a commit each.
    const wanted = batch();
    // Without a way out the worker has no room; a claim of nothing would look like a backlog, and be made again at once.
    if (wanted <= 0 || maxInFlight() - inFlight - reserved < wanted) return;
    isClaiming = true;
    isAwake = false;
    deps.claim(wanted).then((found) => claimed(found, wanted), claimFailed);
  };

  const claimed = ({ items, nextDueAt }: Claimed<T>, wanted: number) => {
    isClaiming = false;
    failures = 0;
    hasBacklog = items.length >= wanted;
    for (const item of items) void begin(item);
    if (nextDueAt !== undefined && !hasBacklog) setAlarm(nextDueAt);
    goOn();
  };

  const claimFailed = (error: unknown) => {
    isClaiming = false;
    const waitMs = Math.min(FIRST_CLAIM_WAIT_MS * 2 ** failures, LONGEST_CLAIM_WAIT_MS);
    failures += 1;
    deps.onClaimFailed(error, waitMs, failures);
    cancelRecovery = clock.after(waitMs, () => {
      cancelRecovery = undefined;
      wake();
    });
    goOn();
  };

  const wake = () => {
    isAwake = true;
    pump();
  };

  const setAlarm = (at: number) => {
    if (!running || (alarm && alarm.at <= at)) return;
    alarm?.cancel();
    const sleepMs = at - clock.now();
    const cancel = clock.after(sleepMs > 0 ? sleepMs : SHORTEST_SLEEP_MS, () => {
      alarm = undefined;
      wake();
    });
    alarm = { at, cancel };
  };

  const beat = () => {
    cancelHeartbeat = clock.after(HEARTBEAT_MS, beat);
    wake();
  };

  return {
    start() {
      running = true;
      beat();
    },
    wake,
    dueAt: setAlarm,
    reserve(count) {
      if (!running || hasBacklog || failures > 0) return false;
      // The room that a claim needs is not given away, or work from memory could keep it out for ever.
      const owed = isClaiming || isAwake ? batch() : 0;
      if (inFlight + reserved + owed + count > maxInFlight()) return false;
      reserved += count;
      return true;
    },
    take(items, count) {
      reserved -= count;
      for (const item of items) void begin(item);
      goOn();
    },
    inFlight: () => inFlight,
    stop() {
      running = false;
      alarm?.cancel();
      cancelHeartbeat?.();
      cancelRecovery?.();
    },
    idle(withinMs) {
      if (isIdle()) return Promise.resolve(true);
      return new Promise((resolve) => {
        const end = (value: boolean) => {
          cancel();
          whenIdle.delete(tell);
          resolve(value);
        };
        const tell = () => end(true);
        const cancel = clock.after(withinMs, () => end(false));
        whenIdle.add(tell);
      });
    },
  };
}
