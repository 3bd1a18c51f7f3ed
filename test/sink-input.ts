/** Reads an SMTP client's side of a connection: lines, and the data of a message. */

import type { Socket } from 'node:net';

export interface Input {
  /** The next line without its line end; undefined when the client has gone. */
  line(): Promise<string | undefined>;
  /** Whether there is at least one more byte before the client goes. */
  ready(): Promise<boolean>;
  /** What comes before the dot alone on a line, dots unstuffed; undefined when the client goes first. */
  data(): Promise<Buffer | undefined>;
  /** Stops reading and forgets what was read: what came before STARTTLS must not count after it. */
  release(): void;
}

const END = Buffer.from('\r\n.\r\n');

export function createInput(socket: Socket): Input {
  let buffer: Buffer = Buffer.alloc(0);
  let gone = false;
  let wake: (() => void) | undefined;

  const onData = (chunk: Buffer) => {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    wake?.();
  };
  const onGone = () => {
    gone = true;
    wake?.();
  };
  socket.on('data', onData).on('end', onGone).on('close', onGone);

  const more = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  return {
    async line() {
      for (;;) {
        const end = buffer.indexOf(0x0a);
        if (end >= 0) {
          const line = buffer.subarray(0, end).toString('utf8').replace(/\r$/, '');
          buffer = buffer.subarray(end + 1);
          return line;
        }
        if (gone) return undefined;
        await more();
      }
    },
    async ready() {
      while (buffer.length === 0 && !gone) await more();
      return buffer.length > 0;
    },
    async data() {
      // A line end is put in front, so that a dot on the first line is found like any other.
      const chunks: Buffer[] = [Buffer.from('\r\n')];
      let tail = Buffer.from('\r\n');
      for (;;) {
        const chunk = buffer;
        buffer = Buffer.alloc(0);
        const window = Buffer.concat([tail, chunk]);
        const end = window.indexOf(END);
        chunks.push(chunk);
        if (end >= 0) {
          const rest = window.subarray(end + END.length);
          const whole = Buffer.concat(chunks);
          buffer = rest;
          return unstuff(whole.subarray(2, whole.length - rest.length - 3));
        }
        if (gone) return undefined;
        tail = window.subarray(-END.length + 1);
        await more();
      }
    },
    release() {
      socket.off('data', onData).off('end', onGone).off('close', onGone);
      buffer = Buffer.alloc(0);
    },
  };
}

/** RFC 5321 §4.5.2: a dot at the start of a line was doubled. */
function unstuff(bytes: Buffer): Buffer {
  if (!bytes.includes('\r\n..') && bytes[0] !== 0x2e) return bytes;
  return Buffer.from(bytes.toString('latin1').replace(/(^|\r\n)\.\./g, '$1.'), 'latin1');
}
