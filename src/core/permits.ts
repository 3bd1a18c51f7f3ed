/** Room for what is under way at once, in all and of each owner, so that no one can take it from the others. */

export interface Permits {
  /** Gives the permit back; undefined when there is none left. */
  take(owner: string): (() => void) | undefined;
}

export function createPermits({ total, ofOne }: { readonly total: number; readonly ofOne: number }): Permits {
  const taken = new Map<string, number>();
  let all = 0;
  return {
    take(owner) {
      const own = taken.get(owner) ?? 0;
      if (all >= total || own >= ofOne) return undefined;
      all += 1;
      taken.set(owner, own + 1);
      return () => {
        all -= 1;
        const left = (taken.get(owner) ?? 1) - 1;
        if (left === 0) taken.delete(owner);
        else taken.set(owner, left);
      };
    },
  };
}
