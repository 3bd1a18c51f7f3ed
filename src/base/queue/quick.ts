/** A success within this time is quick; who takes longer gets room only together with others that are slow. */
export const QUICK_MS = 2_000;
