/**
 * smtp-server's parser with a DATA mode of our own: its end of data cannot be forged, a large message costs no more memory
 * than a chunk, and a small one no stream. Commands are read as before.
 */

import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import { createDataDecoder, type DataDecoder } from './data-decoder.ts';

export interface DataSink {
  /** Content of the message, dots undone. No more is given before the promise, where there is one, resolves. */
  write(content: Buffer): Promise<void> | undefined;
  /** The end of data came. The commands after it are read when the promise resolves; it never rejects. */
  end(): Promise<void>;
}

/** AUTH takes the longest line; an API key makes a tenth of this. */
const MAX_COMMAND_LENGTH = 4096;

export class SubmissionParser extends SMTPStream {
  readonly #onEnd: () => void;
  #data: { readonly decoder: DataDecoder; readonly sink: DataSink } | undefined;

  /** `onEnd`: the client has said all it will, and all of it was read. */
  constructor(onEnd: () => void) {
    super({ maxCommandLength: MAX_COMMAND_LENGTH });
    this.#onEnd = onEnd;
  }

  /** What follows the line that is being read is a message, and goes to `sink`. */
  startData(sink: DataSink): void {
    this._dataMode = true;
    this.#data = { decoder: createDataDecoder(), sink };
  }

  override _write(chunk: Buffer, encoding: BufferEncoding | 'buffer', next: (error?: Error | null) => void): void {
    const data = this.#data;
    if (data === undefined || this.isClosed) {
      super._write(chunk, encoding, next);
      return;
    }
    const { content, end } = data.decoder.feed(chunk);
    const written = content.length === 0 ? undefined : data.sink.write(content);
    const goOn = () => {
      if (end === -1) {
        next();
        return;
      }
      this.#data = undefined;
      this._dataMode = false;
      data.sink
        .end()
        .then(() => super._write(chunk.subarray(end), encoding, next))
        .catch(next);
    };
    if (written === undefined) goOn();
    else written.then(goOn).catch(next);
  }

  override _final(callback: (error?: Error | null) => void): void {
    // A line without an end was cut off with the connection; it is not a command.
    this._remainder = '';
    this.#onEnd();
    callback();
  }
}
