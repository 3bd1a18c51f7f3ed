/** Numbers that come again with the same seed: the choices of a trial can be repeated, its timing only nearly. */

export interface Random {
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
}

/** A linear congruential generator (Knuth's MMIX constants); its upper bits are good enough to pick moments. */
export function createRandom(seed: number): Random {
  let state = BigInt(seed);
  return {
    between(least, most) {
      state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
      return least + Math.floor((Number(state >> 33n) / 2 ** 31) * (most - least + 1));
    },
  };
}
