/** A shell for tests: given input, output that can be read, no terminal unless asked for. */

import { Readable, Writable } from 'node:stream';
import { systemClock } from '../core/clock.ts';
import { type Output, type Shell, watchOutput } from './shell.ts';

export interface FakeShell extends Shell {
  readonly out: () => string;
  readonly err: () => string;
}

export function fakeShell(
  options: {
    input?: string;
    env?: Record<string, string>;
    terminal?: boolean;
    startedAs?: string;
    broken?: Broken;
  } = {},
): FakeShell {
  const terminal = options.terminal ?? false;
  const out = sink(terminal, options.broken);
  const err = sink(terminal);
  const stdin = Object.assign(Readable.from(options.input === undefined ? [] : [Buffer.from(options.input)]), {
    isTTY: terminal,
  });
  return {
    env: options.env ?? {},
    stdin,
    stdout: out.stream,
    stderr: err.stream,
    clock: systemClock,
    startedAs: options.startedAs ?? 'iep',
    output: watchOutput(out.stream),
    out: out.text,
    err: err.text,
  };
}

/** Why standard output takes nothing: `EPIPE`, nobody reads it; `ENOSPC`, its disk is full. */
export type Broken = 'EPIPE' | 'ENOSPC';

function sink(isTTY: boolean, broken?: Broken): { stream: Output; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      if (broken !== undefined) return done(Object.assign(new Error(`write ${broken}`), { code: broken }));
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), text: () => Buffer.concat(chunks).toString() };
}
