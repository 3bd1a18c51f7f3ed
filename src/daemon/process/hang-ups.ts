/** SIGHUPs, one after the other: what comes while the daemon starts waits for it, and what comes while it stops is too late. */

export interface HangUps {
  raise(): void;
  /** What to do at each, those included that came before. */
  answer(act: () => Promise<void>): void;
  /** Resolves when the one that is under way has had its answer; no other has one. */
  end(): Promise<void>;
}

export function createHangUps(): HangUps {
  const { promise: answering, resolve: answer } = Promise.withResolvers<() => Promise<void>>();
  let last: Promise<void> = Promise.resolve();
  let isOver = false;
  return {
    raise() {
      last = last.then(async () => {
        const act = await answering;
        if (!isOver) await act();
      });
    },
    answer,
    end() {
      isOver = true;
      return last;
    },
  };
}
