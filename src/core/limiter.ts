/**
 * Lets few through at once, and few of one owner, so that no one can take the room from the others. An owner takes a permit
 * now or not at all, or waits in turn with the others. The line is bounded; past that the answer is a refusal at once.
 */

import { createLine } from './line.ts';

export interface Limiter {
  /** Answers how to give the permit back; undefined where there is none. */
  take(owner: string): (() => void) | undefined;
  /** Runs `work` with a permit of its own. Throws `tooMany` where too many wait for one. */
  pass<T>(owner: string, work: () => Promise<T>): Promise<T>;
}

export interface LimiterOptions {
  readonly atOnce: number;
  /** Absent: as many as there are permits. */
  readonly ofOne?: number;
  /** Absent: nobody waits. */
  readonly waiting?: { readonly atOnce: number; readonly ofOne?: number };
  /** What `pass` throws. */
  readonly tooMany?: () => Error;
}

export function createLimiter(options: LimiterOptions): Limiter {
  const { atOnce, ofOne = atOnce, waiting = { atOnce: 0 }, tooMany = () => new Error('too many at once') } = options;
  const line = createLine<() => void>();
  const inside = new Map<string, number>();
  let all = 0;

  const hasRoom = (owner: string) => all < atOnce && (inside.get(owner) ?? 0) < ofOne;

  function enter(owner: string): () => void {
    all += 1;
    inside.set(owner, (inside.get(owner) ?? 0) + 1);
    return () => leave(owner);
  }

  function leave(owner: string): void {
    all -= 1;
    const left = (inside.get(owner) ?? 1) - 1;
    if (left === 0) inside.delete(owner);
    else inside.set(owner, left);
    line.next(hasRoom)?.();
  }

  function wait(owner: string): Promise<() => void> {
    if (line.size >= waiting.atOnce || line.sizeOf(owner) >= (waiting.ofOne ?? waiting.atOnce)) throw tooMany();
    return new Promise((resolve) => line.push(owner, () => resolve(enter(owner))));
  }

  return {
    take: (owner) => (hasRoom(owner) ? enter(owner) : undefined),
    async pass(owner, work) {
      const giveBack = hasRoom(owner) ? enter(owner) : await wait(owner);
      try {
        return await work();
      } finally {
        giveBack();
      }
    },
  };
}
