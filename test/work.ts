/**
 * What a call costs in processor time of this thread, and whether twice the input costs no more than linear work does. No
 * measure of the machine: two sizes are compared in one run, each by its best of many tries, so that what else the machine
 * does can only make a try worse and never the best one.
 */

export interface Growth {
  /** Cost of twice the input as a multiple of that of the input. */
  readonly ratio: number;
  readonly ms: number;
}

/** Milliseconds that some work takes. */
export type Measure = (work: () => unknown) => Promise<number>;

/** Twice the work, and room for what caches and the memory cost. */
export const LINEAR = 2.3;
/** Beyond this no other work of the machine is to blame. */
const CERTAIN = 3;
/**
 * Milliseconds. An input of 128 K that is gone through once for each of its characters is sixteen thousand million steps,
 * which no machine does in this time: what is cheaper needs no second look.
 */
const CHEAP_MS = 80;
/** Some systems count in steps of 4 ms. */
const MIN_TRY_MS = 80;
const TRIES = 2;
const MAX_ROUNDS = 8;
/** What takes so long is measured well enough by one round. */
const DEAR_MS = 1_000;

/** Whether a call costs too little for a second look, where its input is of 128 K. */
export async function isCheap(run: () => unknown): Promise<boolean> {
  return (await processorTime(run)) < CHEAP_MS;
}

export async function growthOf<T>(
  make: (size: number) => T,
  run: (input: T) => unknown,
  size: number,
  costOf: Measure = processorTime,
): Promise<Growth> {
  const small = make(size);
  const large = make(size * 2);
  await run(small);
  const once = await costOf(() => run(large));
  if (once < CHEAP_MS) return { ratio: 0, ms: once };

  const times = Math.max(1, Math.ceil(MIN_TRY_MS / once));
  const repeated = (input: T) => async () => {
    for (let time = 0; time < times; time += 1) await run(input);
  };
  let best = { small: Number.POSITIVE_INFINITY, large: Number.POSITIVE_INFINITY };
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    for (let at = 0; at < TRIES; at += 1) {
      best = {
        small: Math.min(best.small, await costOf(repeated(small))),
        large: Math.min(best.large, await costOf(repeated(large))),
      };
    }
    if (best.large <= LINEAR * best.small || best.large > DEAR_MS * times) break;
  }
  const doubled = best.large / best.small;
  const ms = best.large / times;
  if (doubled <= LINEAR || best.large > DEAR_MS * times) return { ratio: doubled, ms };
  return { ratio: await eightfold(() => costOf(repeated(make(size * 8))), best.small), ms };
}

/**
 * The growth of one doubling in three. A cache that is too small, a collector of garbage and other work of the machine cost a part more,
 * once: of three doublings that is a third of it. What is not linear costs as much more at each.
 */
async function eightfold(cost: () => Promise<number>, small: number): Promise<number> {
  let ratio = Number.POSITIVE_INFINITY;
  for (let at = 0; at < TRIES * 2 && ratio > LINEAR; at += 1) {
    ratio = Math.min(ratio, Math.cbrt((await cost()) / small));
    if (ratio > CERTAIN) break;
  }
  return ratio;
}

async function processorTime(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
