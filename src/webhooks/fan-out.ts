/**
 * Follows the event log and has deliveries made. It looks only after something was committed, gathers what comes close
 * together, and sleeps altogether while no endpoint is on: then a commit costs it one comparison.
 */

import type { Log } from '../base/observe/log.ts';
import type { Clock } from '../core/clock.ts';
import type { StorePart } from '../db/verbs/store.ts';

export interface FanOut {
  /** Looks once, then whenever something was committed. */
  start(): void;
  /** Endpoints may have changed. */
  wake(): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

export interface FanOutDeps {
  readonly store: StorePart<'webhooks.fanOut' | 'onChange'>;
  readonly clock: Clock;
  readonly log: Log;
  /** No deliveries are made now; `wake` is called when that is over. */
  readonly mustWait: () => boolean;
  /** There are endpoints; `made`: and deliveries for them. */
  readonly onLook: (found: { readonly endpoints: number; readonly made: number }) => void;
}

/** Events looked at in one commit. */
const BATCH = 500;
const GATHER_MS = 20;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

export function createFanOut({ store, clock, log, mustWait, onLook }: FanOutDeps): FanOut {
  let running = false;
  let hasEndpoints = true;
  /** Something was committed that was not looked at. */
  let isBehind = false;
  let failures = 0;
  let cancelWait: (() => void) | undefined;
  let looking: Promise<void> | undefined;
  let stopListening: () => void = () => undefined;

  const schedule = (waitMs: number) => {
    if (!running || cancelWait || looking) return;
    cancelWait = clock.after(waitMs, () => {
      cancelWait = undefined;
      looking = look().finally(() => {
        looking = undefined;
        if (isBehind) schedule(failures > 0 ? Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS) : GATHER_MS);
      });
    });
  };

  const wake = () => {
    isBehind = true;
    schedule(GATHER_MS);
  };

  async function look(): Promise<void> {
    try {
      isBehind = false;
      for (let more = true; more && running && !mustWait(); ) {
        const found = await store.webhooks.fanOut({ limit: BATCH, now: clock.now() });
        hasEndpoints = found.endpoints > 0;
        ({ more } = found);
        failures = 0;
        if (hasEndpoints) onLook(found);
      }
    } catch (error) {
      isBehind = true;
      failures += 1;
      log.error({ error, failures }, 'events could not be given to webhooks; it is tried again');
    }
  }

  return {
    start() {
      running = true;
      stopListening = store.onChange(({ own }) => {
        // Endpoints of this process are made known by `wake`; another process may have made some.
        if (hasEndpoints || !own) wake();
      });
      wake();
    },
    wake,
    async stop() {
      running = false;
      stopListening();
      cancelWait?.();
      await looking;
    },
  };
}
