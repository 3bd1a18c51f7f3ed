/**
 * Large bodies take turns from the moment they are parsed until their answer, and their callers take turns too: what a
 * body becomes on its way to the disk is several times its size, and fifty batches at once are no faster than a few.
 */

import { IepError } from '../core/errors.ts';
import { createLine } from '../core/line.ts';
import type { ReadBody } from './body.ts';

export interface LargeBodies {
  /**
   * Runs `work` when there is room for this body, and gives its share of the budget back. A small one never waits; one
   * that waits has lost no byte, but may lose it, and is dropped when nobody waits for the answer any more.
   */
  pass<T>(body: ReadBody, turn: BodyTurn, work: () => Promise<T>): Promise<T>;
}

export interface BodyTurn {
  /** Who takes turns with others. */
  readonly owner: string;
  readonly isWanted: () => boolean;
}

/** Below this a body is a single message without files, which is not worth a queue. */
const SMALL_BYTES = 64 * 1024;
/** Of all large bodies under way together; one alone may be larger. */
const BUDGET_BYTES = 1 * 1024 * 1024;

interface Waiting {
  readonly size: number;
  readonly isWanted: () => boolean;
  readonly begin: () => void;
  readonly refuse: (error: IepError) => void;
}

export function createLargeBodies(): LargeBodies {
  const line = createLine<Waiting>();
  let underWay = 0;

  const fits = (size: number) => underWay === 0 || underWay + size <= BUDGET_BYTES;

  function admit(): void {
    for (let first = line.first(); first !== undefined; first = line.first()) {
      const isWanted = first.isWanted();
      if (isWanted && !fits(first.size)) return;
      line.next();
      if (isWanted) first.begin();
      else first.refuse(new IepError('rate_limited', 'The caller left before it was its turn'));
    }
  }

  function wait(body: ReadBody, { owner, isWanted }: BodyTurn): Promise<void> {
    return new Promise((resolve, reject) => {
      const size = body.bytes.length;
      const begin = () => {
        underWay += size;
        body.held.begin();
        resolve();
      };
      const one: Waiting = { size, isWanted, begin, refuse: reject };
      line.push(owner, one);
      body.held.displaced = (refusal) => {
        line.remove(owner, one);
        reject(refusal);
      };
    });
  }

  async function atOnce<T>({ held }: ReadBody, work: () => Promise<T>): Promise<T> {
    held.begin();
    try {
      return await work();
    } finally {
      held.giveBack();
    }
  }

  return {
    async pass(body, turn, work) {
      const size = body.bytes.length;
      if (size < SMALL_BYTES) return atOnce(body, work);
      try {
        if (line.size > 0 || !fits(size)) await wait(body, turn);
        else {
          underWay += size;
          body.held.begin();
        }
        try {
          return await work();
        } finally {
          underWay -= size;
        }
      } finally {
        body.held.giveBack();
        admit();
      }
    },
  };
}
