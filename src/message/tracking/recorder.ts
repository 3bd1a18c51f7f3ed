/**
 * Takes hits from memory to the store, so that no reader waits for a commit. Each is held for a second, because only then is known what
 * else was followed at once; then all that are due go in one commit. What is held is lost with the process, and nothing else.
 */

import type { Clock } from '../../core/clock.ts';
import type { HitKind } from '../../core/tracking.ts';
import type { NewHit, TakenHit } from '../../db/verbs/hits.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import { BURST_MS, type Click, isWithDecoy, linksAtOnce } from './bursts.ts';

export interface HitRecorder {
  take(hit: NewHit): void;
  /** Resolves when all that was taken is on disk, or cannot be written. */
  close(): Promise<void>;
}

export interface HitMetrics {
  /** A hit was written down. */
  hit(labels: { kind: HitKind; actor: TakenHit['actor'] }): void;
  /** Hits that were not, since too many came at once or the store did not take them. */
  hitsDropped(count: number): void;
}

/** Hits in memory, of all copies and of one. */
const MAX_HELD = 20_000;
const MAX_OF_COPY = 200;
/** Clicks of a copy that are looked at: as many are a burst anyway. */
const MAX_CLICKS = 20;
const AT_ONCE = 500;

interface Copy {
  held: number;
  clicks: Click[];
}

interface Held {
  readonly hit: NewHit;
  /** Of the clock that only grows. */
  readonly since: number;
}

export function createHitRecorder(deps: {
  readonly store: StorePart<'hits.record'>;
  readonly clock: Clock;
  readonly metrics: HitMetrics;
  /** What the store says where it takes none. */
  readonly onFault?: (error: unknown) => void;
}): HitRecorder {
  const { store, clock, metrics, onFault = () => undefined } = deps;
  /** In the order in which they came. */
  let held: Held[] = [];
  const copies = new Map<string, Copy>();
  let cancel: (() => void) | undefined;
  let writing: Promise<void> | undefined;

  function take(hit: NewHit): void {
    const key = keyOf(hit);
    const copy = copies.get(key) ?? { held: 0, clicks: [] };
    if (held.length >= MAX_HELD || copy.held >= MAX_OF_COPY) {
      metrics.hitsDropped(1);
      return;
    }
    copies.set(key, copy);
    copy.held += 1;
    const since = clock.monotonic();
    held.push({ hit, since });
    if (hit.kind === 'clicked' && copy.clicks.length < MAX_CLICKS) {
      copy.clicks.push({ at: since, link: hit.url ?? '', isDecoy: hit.isDecoy === true });
    }
    soon(BURST_MS);
  }

  function soon(delayMs: number): void {
    cancel ??= clock.after(delayMs, () => {
      cancel = undefined;
      writing ??= write(clock.monotonic() - BURST_MS).finally(() => {
        writing = undefined;
        if (held.length > 0 || copies.size > 0) soon(BURST_MS / 2);
      });
    });
  }

  /** Those that came by then. */
  async function write(until: number): Promise<void> {
    const due = held.filter(({ since }) => since <= until);
    held = held.filter(({ since }) => since > until);
    while (due.length > 0) {
      const piece = due.splice(0, AT_ONCE);
      try {
        const taken = await store.hits.record({ hits: piece.map(inContext), now: clock.now() });
        for (const [at, { hit }] of piece.entries()) {
          const actor = taken[at]?.actor;
          if (actor !== undefined) metrics.hit({ kind: hit.kind, actor });
        }
      } catch (error) {
        onFault(error);
        held = [...piece, ...due.splice(0), ...held];
        metrics.hitsDropped(Math.max(0, held.length - MAX_HELD));
        held = held.slice(0, MAX_HELD);
      }
    }
    forget();
  }

  function inContext({ hit, since: at }: Held): NewHit {
    const { clicks = [] } = copies.get(keyOf(hit)) ?? {};
    const many = hit.kind === 'clicked' ? linksAtOnce({ at }, clicks) : 0;
    return {
      ...hit,
      ...(isWithDecoy({ at }, clicks) && { isDecoy: true }),
      ...(many > 1 && { linksAtOnce: many }),
    };
  }

  function forget(): void {
    const waiting = Map.groupBy(held, ({ hit }) => keyOf(hit));
    const since = clock.monotonic() - 2 * BURST_MS;
    for (const [key, copy] of copies) {
      copy.held = waiting.get(key)?.length ?? 0;
      copy.clicks = copy.clicks.filter(({ at }) => at > since);
      if (copy.held === 0 && copy.clicks.length === 0) copies.delete(key);
    }
  }

  return {
    take,
    async close() {
      cancel?.();
      await writing;
      cancel?.();
      const before = held.length;
      if (before > 0) await write(Number.POSITIVE_INFINITY);
      if (held.length > 0) metrics.hitsDropped(held.length);
    },
  };
}

function keyOf({ messageId, position }: NewHit): string {
  return `${messageId} ${position}`;
}
