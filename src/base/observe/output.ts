/**
 * Where the lines of the log go. They are gathered and written a batch at a time; an output that is full, stalled or closed
 * costs lines, which are counted, and told of once it takes lines again. It never holds up the writer of a line.
 */

import type { Clock } from '../../core/clock.ts';

export interface LogOutput {
  write(line: string): void;
  /** Lines that never came out. */
  dropped(): number;
  /** Resolves when all is out, when the output fails, or after `waitMs`. */
  flush(waitMs: number): Promise<void>;
  /** For the end of the process: writes what the output takes at once. */
  flushNow(): void;
}

/** What takes the bytes. Both throw what the system says; fewer bytes than given, or none, is an answer. */
export interface Channel {
  write(bytes: Buffer): Promise<number>;
  writeNow(bytes: Buffer): number;
}

/** Lines are gathered up to this many characters, for this long at most: a write for each would cost more than the line. */
const GATHERED = 32 * 1024;
const GATHERED_MS = 200;
/** How soon an output that took nothing is asked again, and one that failed. */
const STALLED_MS = 10;
const FAILED_MS = 1_000;
/** Characters written at once where many wait. */
const BATCH = 256 * 1024;
/** Characters that may wait: some ten thousand lines. */
const MAX_WAITING = 4 * 1024 * 1024;

const LINE_FEED = 0x0a;

export function createOutput(
  deps: { channel: Channel; clock: Pick<Clock, 'after'>; describeDropped: (lines: number) => string },
  { maxWaiting = MAX_WAITING }: { maxWaiting?: number } = {},
): LogOutput {
  const { channel, clock } = deps;
  let waiting: string[] = [];
  let waitingSize = 0;
  /** The bytes under way. */
  let batch: Buffer = Buffer.alloc(0);
  /** How many lost lines the batch tells of. */
  let telling = 0;
  let dropped = 0;
  let told = 0;
  /** The last line that came out lacks its end. */
  let torn = false;
  let busy = false;
  /** The output took nothing and is left alone for a moment. */
  let resting = false;
  let timed = false;
  let ended: () => void = () => undefined;

  function pumpIn(ms: number): void {
    timed = true;
    clock.after(ms, () => {
      timed = false;
      resting = false;
      void pump();
    });
  }

  /** The news of lost lines goes alone, so that it counts as told only when it is out. */
  function nextBatch(): boolean {
    if (batch.length > 0) return true;
    let text = '';
    if (dropped > told) {
      telling = dropped - told;
      text = deps.describeDropped(telling);
    } else {
      let taken = 0;
      for (const line of waiting) {
        if (text.length >= BATCH) break;
        text += line;
        taken += 1;
      }
      waiting = waiting.slice(taken);
      waitingSize -= text.length;
    }
    batch = Buffer.from(torn && text !== '' ? `\n${text}` : text);
    return batch.length > 0;
  }

  function wrote(bytes: number): void {
    if (bytes === 0) return;
    torn = batch[bytes - 1] !== LINE_FEED;
    batch = batch.subarray(bytes);
    if (batch.length > 0) return;
    told += telling;
    telling = 0;
  }

  function failed(): void {
    if (telling === 0) dropped += countLines(batch);
    telling = 0;
    batch = batch.subarray(batch.length);
  }

  async function pump(): Promise<void> {
    if (busy) return;
    busy = true;
    let restMs = 0;
    while (restMs === 0 && nextBatch()) {
      const taken = await channel.write(batch).catch(() => undefined);
      if (taken === undefined) failed();
      else wrote(taken);
      if (!taken) restMs = taken === undefined ? FAILED_MS : STALLED_MS;
    }
    busy = false;
    if (restMs !== STALLED_MS) ended();
    resting = restMs > 0;
    if (resting) pumpIn(restMs);
  }

  return {
    write(line) {
      if (waitingSize + line.length > maxWaiting) {
        dropped += 1;
        return;
      }
      waiting.push(line);
      waitingSize += line.length;
      if (resting) return;
      if (waitingSize >= GATHERED) void pump();
      else if (!timed) pumpIn(GATHERED_MS);
    },
    dropped: () => dropped,
    async flush(waitMs) {
      let cancel: () => void = () => undefined;
      const over = new Promise<void>((resolve) => {
        ended = resolve;
        cancel = clock.after(waitMs, resolve);
      });
      void pump();
      await over;
      cancel();
    },
    flushNow() {
      // Bytes that another thread is writing just now are its own.
      if (busy) batch = Buffer.alloc(0);
      try {
        while (nextBatch()) {
          const taken = channel.writeNow(batch);
          if (taken === 0) return;
          wrote(taken);
        }
      } catch {
        // The process ends; nobody is left to be told.
      }
    },
  };
}

/** A line feed at the beginning ends a line that came out before. */
function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED, 1); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) lines += 1;
  return lines;
}
