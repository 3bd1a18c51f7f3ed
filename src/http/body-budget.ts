/**
 * The memory that bodies hold from their first large piece to the end of their work. It is shared by all callers, and
 * nobody can use it up: while it is full, the caller that holds most gives way to one that holds less, and what has
 * stalled gives way to everybody.
 */

import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';

export interface HeldBody {
  /** Refuses with `rate_limited` when the budget is full and nobody has to give way. */
  take(bytes: number): void;
  /** Others may no longer take its memory: the work on it has begun. */
  begin(): void;
  giveBack(): void;
  /** Its memory is needed; the refusal to give. It holds nothing any more. */
  displaced: (refusal: IepError) => void;
}

export interface BodyBudget {
  /** `owner`: whose the memory is, a tenant as a rule. */
  hold(owner: string): HeldBody;
}

/** Not counted: what comes in one read. The number of connections bounds it. */
export const ONE_READ_BYTES = 64 * 1024;
/** What comes more slowly than this has stalled, once it had some time. */
const MIN_BYTES_A_SECOND = 32 * 1024;
const SOME_TIME_MS = 3_000;

interface Entry {
  readonly owner: string;
  readonly startedAt: number;
  readonly body: HeldBody;
  bytes: number;
  counted: number;
  begun: boolean;
}

export function createBodyBudget(
  { clock }: { clock: Pick<Clock, 'monotonic'> },
  { totalBytes }: { totalBytes: () => number },
): BodyBudget {
  /**
   * Those that are counted. A small body is never here: a set that each request passes through has its dead members kept
   * until the next large collection of garbage, and with them all that they refer to.
   */
  const entries = new Set<Entry>();
  const byOwner = new Map<string, number>();
  let held = 0;

  const heldBy = (owner: string) => byOwner.get(owner) ?? 0;

  function count(entry: Entry, delta: number): void {
    entry.counted += delta;
    held += delta;
    const left = heldBy(entry.owner) + delta;
    if (left === 0) byOwner.delete(entry.owner);
    else byOwner.set(entry.owner, left);
  }

  function remove(entry: Entry): void {
    if (entries.delete(entry)) count(entry, -entry.counted);
  }

  /** Bytes a millisecond since it began; what is whole and waits keeps falling too, so that nothing is held for ever. */
  const speed = ({ bytes, startedAt }: Entry) => bytes / Math.max(1, clock.monotonic() - startedAt);
  const slower = (one: Entry, other: Entry) => (speed(other) < speed(one) ? other : one);
  const hasStalled = (entry: Entry) =>
    clock.monotonic() - entry.startedAt > SOME_TIME_MS && speed(entry) < MIN_BYTES_A_SECOND / 1_000;

  /** Who has to make room: of the caller that holds most, if that is more than the newcomer will hold, the slowest. */
  function findVictim(newcomer: Entry, needed: number): Entry | undefined {
    const others = [...entries].filter((entry) => entry !== newcomer && !entry.begun);
    const most = others.reduce((max, { owner }) => Math.max(max, heldBy(owner)), 0);
    const greedy = most > heldBy(newcomer.owner) + needed ? others.filter(({ owner }) => heldBy(owner) === most) : [];
    const candidates = greedy.length > 0 ? greedy : others.filter(hasStalled);
    return candidates.length === 0 ? undefined : candidates.reduce(slower);
  }

  function makeRoom(newcomer: Entry, needed: number): void {
    while (held + needed > totalBytes()) {
      const victim = findVictim(newcomer, needed);
      if (victim === undefined) throw full('Too many large bodies are coming in at once');
      remove(victim);
      victim.body.displaced(full('This body held more than its share of the memory while others waited'));
    }
  }

  return {
    hold(owner) {
      const body: HeldBody = {
        take(bytes) {
          entry.bytes += bytes;
          const delta = Math.max(0, entry.bytes - ONE_READ_BYTES) - entry.counted;
          if (delta === 0) return;
          makeRoom(entry, delta);
          entries.add(entry);
          count(entry, delta);
        },
        begin() {
          entry.begun = true;
        },
        giveBack: () => remove(entry),
        displaced: () => undefined,
      };
      const entry: Entry = { owner, startedAt: clock.monotonic(), body, bytes: 0, counted: 0, begun: false };
      return body;
    },
  };
}

function full(detail: string): IepError {
  return new IepError('rate_limited', detail, { retryAfterMs: 1_000 });
}
