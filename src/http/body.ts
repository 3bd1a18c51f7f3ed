/**
 * Reads a request's body into memory and no further than its limit: what is too long is refused while it comes in, not
 * after, and so is what comes too slowly. What it holds counts against the budget of its caller.
 */

import type { IncomingMessage } from 'node:http';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { createBodyBudget, type HeldBody, ONE_READ_BYTES } from './body-budget.ts';
import type { Context } from './context.ts';

export interface ReadBody {
  readonly bytes: Uint8Array;
  /** Its share of the budget, to be given back. */
  readonly held: HeldBody;
}

export interface BodyReader {
  /**
   * Refuses with `message_too_large`, `rate_limited` when the budget is used up, `too_slow`, or `invalid_request` when it
   * breaks off. `owner`: whose budget it is. `maxBytes`: where this call takes less than others.
   */
  read(c: Context, owner: string, maxBytes?: number): Promise<ReadBody>;
}

/** What all bodies may hold together, as a multiple of one body's limit. */
const BUDGET_BODIES = 8;

/** A body that is not whole by then must have got on by this much, again and again. */
const PACE_MS = 30_000;
const PACE_BYTES = 32 * 1024;
/** Who finds no room hears so only then: it would come again at once, and what it sends costs us the reading. */
const REFUSED_MS = 1_000;

export function createBodyReader(
  { clock }: { clock: Pick<Clock, 'monotonic' | 'after'> },
  { limitBytes }: { limitBytes: () => number },
): BodyReader {
  const budget = createBodyBudget({ clock }, { totalBytes: () => limitBytes() * BUDGET_BODIES });

  return {
    async read(c, owner, maxBytes = Number.POSITIVE_INFINITY) {
      const limit = Math.min(limitBytes(), maxBytes);
      const announced = Number(c.req.header('content-length') ?? 0);
      if (announced > limit) throw tooLarge(limit);
      const held = budget.hold(owner);
      const gathered = createGathered(announced);
      const add = (piece: Uint8Array) => {
        if (gathered.size() + piece.length > limit) throw tooLarge(limit);
        held.take(piece.length);
        gathered.add(piece);
      };
      const incoming = c.env?.incoming;
      try {
        if (incoming === undefined) await readStream(c.req.raw.body, add);
        else await readIncoming(incoming, { add, held, watch: (late) => watchPace(gathered.size, late) });
        return { bytes: gathered.whole(), held };
      } catch (error) {
        held.giveBack();
        gathered.drop();
        if (error instanceof IepError && error.code === 'rate_limited') await wait(REFUSED_MS);
        throw error;
      }
    },
  };

  function wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      clock.after(ms, resolve);
    });
  }

  /** Calls `late` when too little has come for a while; returns how to stop watching. */
  function watchPace(size: () => number, late: () => void): () => void {
    let before = 0;
    let cancel = clock.after(PACE_MS, function look() {
      if (size() - before < PACE_BYTES) {
        late();
        return;
      }
      before = size();
      cancel = clock.after(PACE_MS, look);
    });
    return () => cancel();
  }
}

interface Reading {
  readonly add: (piece: Buffer) => void;
  readonly held: HeldBody;
  readonly watch: (late: () => void) => () => void;
}

/** Straight from the socket: the detour over a web stream costs more than the rest of a small request. */
function readIncoming(incoming: IncomingMessage, { add, held, watch }: Reading): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      stopWatching();
      incoming.off('data', onData);
      incoming.off('end', onEnd);
      incoming.off('error', onBroken);
      incoming.off('close', onBroken);
      settle();
    };
    const refuse = (error: unknown) => {
      incoming.pause();
      end(() => reject(error));
    };
    const onData = (chunk: Buffer) => {
      try {
        add(chunk);
      } catch (error) {
        refuse(error);
      }
    };
    const onEnd = () => end(resolve);
    const onBroken = () => end(() => reject(brokenOff()));
    const stopWatching = watch(() => refuse(new IepError('too_slow')));
    held.displaced = refuse;
    incoming.on('data', onData);
    incoming.on('end', onEnd);
    incoming.on('error', onBroken);
    incoming.on('close', onBroken);
    // It may have broken before anybody listened; then no event comes any more.
    if (incoming.destroyed && !incoming.readableEnded) onBroken();
  });
}

async function readStream(body: ReadableStream<Uint8Array> | null, add: (piece: Uint8Array) => void): Promise<void> {
  for await (const piece of body ?? []) add(piece);
}

/**
 * What has come, in memory of its own: a million pieces of one byte would take a hundred times their size. Pages that
 * nothing was written to take no memory, so a length that is only announced costs nothing.
 */
function createGathered(announced: number) {
  let buffer: Buffer | undefined;
  let filled = 0;
  /** Not copied where it is all there is. */
  let first: Uint8Array = new Uint8Array();

  function room(bytes: number): Buffer {
    if (buffer !== undefined && filled + bytes <= buffer.length) return buffer;
    const larger = Buffer.allocUnsafeSlow(Math.max(announced, filled + bytes, filled * 2, ONE_READ_BYTES));
    larger.set(buffer === undefined ? first : buffer.subarray(0, filled));
    if (buffer === undefined) letGo(first);
    buffer = larger;
    return larger;
  }

  return {
    size: () => filled,
    add(piece: Uint8Array) {
      const { length } = piece;
      if (filled === 0 && length <= ONE_READ_BYTES) first = piece;
      else {
        room(length).set(piece, filled);
        letGo(piece);
      }
      filled += length;
    },
    /** It is of no use any more; the garbage collector would see that late. */
    drop(): void {
      if (buffer !== undefined) letGo(buffer);
    },
    whole(): Uint8Array {
      if (buffer === undefined) return first;
      // Cut to size, so that it can be handed to another thread as it is.
      return filled === buffer.length ? buffer : new Uint8Array((buffer.buffer as ArrayBuffer).transfer(filled));
    },
  };
}

/**
 * Gives back memory that nobody reads any more. The garbage collector would too, but only once as much has been allocated
 * again, and fifty batches at once hold tens of megabytes until then.
 */
export function letGo(bytes: Uint8Array): void {
  const { buffer } = bytes;
  // A small one may lie in memory that it shares.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) buffer.transfer(0);
}

function tooLarge(limit: number): IepError {
  return new IepError('message_too_large', `The body is larger than ${limit} bytes, which is all this call takes`);
}

function brokenOff(): IepError {
  return new IepError('invalid_request', 'The connection closed before the whole body had come', {
    errors: [{ path: '', message: 'is not whole' }],
  });
}
