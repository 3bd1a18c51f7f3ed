/**
 * Parts the mails of an mbox file (RFC 4155) as it comes in, or gives the one mail that comes instead. Of each mail it keeps
 * the beginning, as much as is read of a report, so that the size of the file does not matter.
 */

import { MAX_REPORT_BYTES } from './read-report.ts';

export interface MailParter {
  /** The mails that are whole by now, without the empty lines behind them. */
  push(chunk: Uint8Array): readonly Buffer[];
  /** The last one. */
  end(): readonly Buffer[];
}

const LINE_END = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** A longer line without its end cannot be the one between two mails. */
const MAX_LINE = 4_096;
const FROM = Buffer.from('From ');
/** `From bob@example.org Mon Mar  4 09:58:12 2024`, and not a sentence that begins so. */
const TIME = /\d\d:\d\d/;

export function createMailParter(): MailParter {
  let waiting: Buffer = Buffer.alloc(0);
  let kept: Buffer[] = [];
  let size = 0;
  let isMbox: boolean | undefined;
  /** Whether what comes next begins a line that may part two mails. */
  let isAfterEmpty = true;

  function keep(bytes: Buffer): void {
    const room = MAX_REPORT_BYTES - size;
    if (room <= 0) return;
    kept.push(Buffer.from(bytes.subarray(0, room)));
    size += Math.min(room, bytes.length);
  }

  function take(): readonly Buffer[] {
    const mail = Buffer.concat(kept);
    kept = [];
    size = 0;
    const last = mail.findLastIndex((byte) => byte !== LINE_END && byte !== CARRIAGE_RETURN);
    return last === -1 ? [] : [mail.subarray(0, last + 1)];
  }

  /** A line with its end, or a piece of one that is too long. */
  function line(bytes: Buffer, isWhole: boolean): readonly Buffer[] {
    const isFrom = isAfterEmpty && bytes.subarray(0, FROM.length).equals(FROM);
    isMbox ??= isFrom;
    const parts = isMbox && isFrom && (size === 0 || TIME.test(bytes.toString('latin1')));
    isAfterEmpty = isWhole && (bytes.length === 1 || (bytes.length === 2 && bytes[0] === CARRIAGE_RETURN));
    if (parts) return take();
    keep(bytes);
    return [];
  }

  return {
    push(chunk) {
      const bytes = Buffer.concat([waiting, chunk]);
      const mails: Buffer[] = [];
      let start = 0;
      for (let end = bytes.indexOf(LINE_END); end !== -1; end = bytes.indexOf(LINE_END, start)) {
        mails.push(...line(bytes.subarray(start, end + 1), true));
        start = end + 1;
      }
      if (bytes.length - start > MAX_LINE) {
        mails.push(...line(bytes.subarray(start), false));
        start = bytes.length;
      }
      waiting = Buffer.from(bytes.subarray(start));
      return mails;
    },
    end: () => [...(waiting.length > 0 ? line(waiting, false) : []), ...take()],
  };
}

/** The mails of a whole file. */
export function partMails(bytes: Uint8Array): readonly Buffer[] {
  const parter = createMailParter();
  return [...parter.push(bytes), ...parter.end()];
}

/** One file of such mails again. */
export function joinMails(mails: readonly Uint8Array[]): Buffer {
  const from = Buffer.from('From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n');
  return Buffer.concat(mails.flatMap((mail) => [from, mail, Buffer.from('\r\n\r\n')]));
}
