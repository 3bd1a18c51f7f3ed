/**
 * Reads a request's body into memory and no further than its limit: what is too long is refused while it comes in, not
 * after. The bodies that are being read at once share a budget, so that many large ones cannot use up the memory.
 */

import type { IncomingMessage } from 'node:http';
import { IepError } from '../core/errors.ts';
import type { Context } from './context.ts';

export interface BodyReader {
  /** Refuses with `message_too_large`, `rate_limited` when the budget is used up, `invalid_request` when it breaks off. */
  read(c: Context): Promise<Uint8Array>;
}

/** What all bodies that are being read may hold together, as a multiple of one body's limit. */
const BUDGET_BODIES = 8;

/** What comes in one read is not copied. */
const ONE_READ_BYTES = 64 * 1024;

export function createBodyReader({ limitBytes }: { limitBytes: () => number }): BodyReader {
  let held = 0;

  const tooLarge = () =>
    new IepError('message_too_large', `The body is larger than ${limitBytes()} bytes, which is all this call takes`);

  /** Takes from the budget piece by piece; gives it all back when the body has been read or given up. */
  function createMeter() {
    let taken = 0;
    return {
      take(bytes: number) {
        if (taken + bytes > limitBytes()) throw tooLarge();
        if (held + bytes > limitBytes() * BUDGET_BODIES) {
          throw new IepError('rate_limited', 'Too many large bodies are coming in at once', { retryAfterMs: 1_000 });
        }
        taken += bytes;
        held += bytes;
      },
      giveBack() {
        held -= taken;
      },
    };
  }

  async function read(c: Context): Promise<Uint8Array> {
    const announced = Number(c.req.header('content-length') ?? 0);
    if (announced > limitBytes()) throw tooLarge();
    const meter = createMeter();
    try {
      const incoming = c.env?.incoming;
      return await (incoming === undefined
        ? readStream(c.req.raw.body, meter)
        : readIncoming(incoming, meter, announced));
    } finally {
      meter.giveBack();
    }
  }

  return { read };
}

interface Meter {
  take(bytes: number): void;
}

/** Straight from the socket: the detour over a web stream costs more than the rest of a small request. */
function readIncoming(incoming: IncomingMessage, meter: Meter, announced: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    // Pages that nothing was written to take no memory, so a length that is only announced costs nothing.
    const buffer = announced > ONE_READ_BYTES ? Buffer.allocUnsafeSlow(announced) : undefined;
    let filled = 0;
    const end = (settle: () => void) => {
      incoming.off('data', onData);
      incoming.off('end', onEnd);
      incoming.off('error', onBroken);
      incoming.off('close', onBroken);
      settle();
    };
    const onData = (chunk: Buffer) => {
      try {
        meter.take(chunk.length);
        if (buffer === undefined) chunks.push(chunk);
        else {
          filled += chunk.copy(buffer, filled);
          letGo(chunk);
        }
      } catch (error) {
        incoming.pause();
        end(() => reject(error));
      }
    };
    const onEnd = () => end(() => resolve(buffer?.subarray(0, filled) ?? whole(chunks)));
    const onBroken = () => end(() => reject(brokenOff()));
    incoming.on('data', onData);
    incoming.on('end', onEnd);
    incoming.on('error', onBroken);
    incoming.on('close', onBroken);
    // It may have broken before anybody listened; then no event comes any more.
    if (incoming.destroyed && !incoming.readableEnded) onBroken();
  });
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

async function readStream(body: ReadableStream<Uint8Array> | null, meter: Meter): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    meter.take(chunk.length);
    chunks.push(chunk);
  }
  return whole(chunks);
}

function whole(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

function brokenOff(): IepError {
  return new IepError('invalid_request', 'The connection closed before the whole body had come', {
    errors: [{ path: '', message: 'is not whole' }],
  });
}
