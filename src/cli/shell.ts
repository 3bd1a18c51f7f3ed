/** What a command may touch of the world around it: streams, environment, clock. Passed in, so that tests see all of it. */

import { basename } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import { type Clock, systemClock } from '../core/clock.ts';

export type Input = Readable & { readonly isTTY?: boolean };
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly clock: Clock;
  /** The name the program was started under, without directory and extension: `iep`, `sendmail`… */
  readonly startedAs: string;
  /** What became of standard output. */
  readonly output: OutputState;
}

export interface OutputState {
  /** Aborts when nobody takes what is printed any more. Who only tells may stop; work that was begun goes on. */
  readonly closed: AbortSignal;
  /** Why something could not be written, such as `ENOSPC`; undefined also where the reader left, as `head` does. */
  fault(): string | undefined;
}

export function watchOutput(stdout: Writable): OutputState {
  const closing = new AbortController();
  let fault: string | undefined;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') fault ??= error.code ?? error.message;
    closing.abort();
  });
  return { closed: closing.signal, fault: () => fault };
}

/** Streams are made when they are used: each takes a while, and most commands read nothing and have nothing to complain of. */
export function processShell(): Shell {
  let stderr: Output | undefined;
  return {
    env: process.env,
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    get stderr() {
      // Where it cannot be written nobody can be told; the exit code still says how it went.
      stderr ??= process.stderr.on('error', () => undefined);
      return stderr;
    },
    clock: systemClock,
    startedAs: nameOf(process.argv0, process.argv[1]),
    output: watchOutput(process.stdout),
  };
}

/** A symbolic link's name is in `argv0` of the one executable, and in the script's path when Node runs a script. */
function nameOf(argv0: string, script: string | undefined): string {
  const names = [basename(argv0), script === undefined ? '' : basename(script).replace(/\.[cm]?[jt]s$/, '')];
  return names.includes('sendmail') ? 'sendmail' : 'iep';
}

export type Paint = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Colours `text` where `output` is a terminal that wants it; NO_COLOR (no-color.org) turns it off. */
export function paint(shell: Shell, output: Output, format: { readonly as: Paint; readonly text: string }): string {
  const wanted = output.isTTY === true && !shell.env.NO_COLOR && shell.env.TERM !== 'dumb';
  return wanted ? styleText(format.as, format.text, { validateStream: false }) : format.text;
}

/** Whether a person is there to be asked: both ends are a terminal. */
export function isInteractive(shell: Shell): boolean {
  // Standard input last: Node takes milliseconds to make a stream of it, which a script waits for.
  return shell.stderr.isTTY === true && shell.stdin.isTTY === true;
}

export async function readAll(input: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
