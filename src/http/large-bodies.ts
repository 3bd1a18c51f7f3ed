/**
 * Large bodies take turns from the moment they are parsed until their answer: what a body becomes on its way to the
 * disk is several times its size, and fifty batches at once are no faster than a few.
 */

export interface LargeBodies {
  /** Runs `work` when there is room for a body of this size. A small one never waits; one that waits has lost no byte. */
  pass<T>(bytes: number, work: () => Promise<T>): Promise<T>;
}

/** Below this a body is a single message without files, which is not worth a queue. */
const SMALL_BYTES = 64 * 1024;
/** Of all large bodies under way together; one alone may be larger. */
const BUDGET_BYTES = 1 * 1024 * 1024;

export function createLargeBodies(): LargeBodies {
  const waiting: { readonly bytes: number; readonly begin: () => void }[] = [];
  let underWay = 0;

  const fits = (bytes: number) => underWay === 0 || underWay + bytes <= BUDGET_BYTES;

  const admit = () => {
    for (let next = waiting[0]; next !== undefined && fits(next.bytes); next = waiting[0]) {
      waiting.shift();
      underWay += next.bytes;
      next.begin();
    }
  };

  return {
    async pass(bytes, work) {
      if (bytes < SMALL_BYTES) return work();
      if (waiting.length === 0 && fits(bytes)) underWay += bytes;
      else await new Promise<void>((resolve) => waiting.push({ bytes, begin: resolve }));
      try {
        return await work();
      } finally {
        underWay -= bytes;
        admit();
      }
    },
  };
}
