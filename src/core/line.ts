/** What waits, in turn by owner: someone who queues much waits behind himself, not in front of others. */

export interface Line<T> {
  readonly size: number;
  sizeOf(owner: string): number;
  push(owner: string, item: T): void;
  /** The item whose turn it is. It stays. */
  first(): T | undefined;
  /** Takes out the item whose turn it is; with `mayGo`, of the owners that may. Its owner goes to the end. */
  next(mayGo?: (owner: string) => boolean): T | undefined;
  /** Takes out an item before its turn. */
  remove(owner: string, item: T): void;
}

export function createLine<T>(): Line<T> {
  /** The first owner has the next turn. Owners with nothing waiting are not here. */
  const waiting = new Map<string, T[]>();
  let size = 0;

  return {
    get size() {
      return size;
    },
    sizeOf: (owner) => waiting.get(owner)?.length ?? 0,
    push(owner, item) {
      const queue = waiting.get(owner);
      if (queue === undefined) waiting.set(owner, [item]);
      else queue.push(item);
      size += 1;
    },
    first() {
      for (const [item] of waiting.values()) return item;
      return undefined;
    },
    next(mayGo = () => true) {
      for (const [owner, queue] of waiting) {
        if (!mayGo(owner)) continue;
        const item = queue.shift();
        waiting.delete(owner);
        if (queue.length > 0) waiting.set(owner, queue);
        size -= 1;
        return item;
      }
      return undefined;
    },
    remove(owner, item) {
      const queue = waiting.get(owner) ?? [];
      const at = queue.indexOf(item);
      if (at === -1) return;
      queue.splice(at, 1);
      if (queue.length === 0) waiting.delete(owner);
      size -= 1;
    },
  };
}
