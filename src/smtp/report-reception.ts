/** One mail that comes back, from DATA to its reply: its beginning is read, and the client hears 250 once what it says is on disk. */

import type { Log } from '../base/observe/log.ts';
import type { Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { IepError } from '../core/errors.ts';
import type { ReadReturnPath, Returned } from '../core/return-path.ts';
import { refusalOf, replyTo } from './replies.ts';
import type { Envelope, Reception } from './session.ts';

/** For whom a mail transaction is: those whom return paths mean. */
export interface Addressees {
  readonly domain: string;
  readonly read: ReadReturnPath;
  /** Whose connection it is, as limits count it. */
  readonly source: string;
}

/**
 * Keeps what a mail says, of which `bytes` is the beginning. `returned`: whom it is about, for each recipient; undefined is the
 * postmaster. Resolves to how many of it are about a known message, once all is on disk.
 */
export type TakeReport = (bytes: Uint8Array, returned: readonly (Returned | undefined)[]) => Promise<number>;

interface Options {
  readonly maxMessageBytes: number;
  readonly acceptTimeoutMs: number;
}

/** What a mail says stands in its beginning. */
const KEPT_BYTES = 256 * 1024;

export function createReportReceive(
  deps: { readonly clock: Clock; readonly log: Log; readonly take: TakeReport },
  options: Options,
): (envelope: Envelope<Addressees>) => Reception {
  const { clock, log, take } = deps;

  return ({ who, rcpt, client }) => {
    const returned = rcpt.map((address) => who.read(address));
    const kept: Buffer[] = [];
    let room = KEPT_BYTES;
    let bytes = 0;
    const late = () => new IepError('store_unavailable', 'The store did not answer in time');

    return {
      write(content) {
        bytes += content.length;
        if (room === 0) return undefined;
        // A copy: the chunk may be a small piece of much more.
        const piece = Buffer.from(content.subarray(0, room));
        room -= piece.length;
        kept.push(piece);
        return undefined;
      },

      async complete() {
        const fields = { door: 'feedback', client: client.address, recipients: rcpt.length, bytes };
        try {
          if (bytes > options.maxMessageBytes) throw new IepError('message_too_large');
          const work = take(Buffer.concat(kept), returned);
          const matched = await withDeadline(work, { clock, limitMs: options.acceptTimeoutMs, late });
          log.info({ ...fields, matched }, 'mail that came back was taken');
          return { code: 250, text: '2.0.0 taken' };
        } catch (error) {
          const refusal = refusalOf(error);
          const line = { ...fields, code: refusal.code, reason: refusal.message };
          if (refusal === error && refusal.cause === undefined) log.info(line, 'mail that came back was refused');
          else log.error({ ...line, error }, 'mail that came back was not taken');
          return replyTo(refusal);
        }
      },

      abort: async () => undefined,
    };
  };
}
