/** Postfix's smtp-sink: takes all mail, keeps none, and counts. The same for both servers under test. */

import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, listening, until, type Workspace } from './workspace.ts';

export interface Sink {
  readonly port: number;
  /** Messages taken since it started. */
  taken(): number;
  /** Resolves once it has taken `count` in all. */
  until(count: number, timeoutMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** How often the counter is read: the resolution of every duration that ends at the sink. */
const LOOK_EVERY_MS = 10;
/** The counter rewrites one line: `sess=1 quit=0 mesg=5`, ended by a carriage return. */
const LAST_LINE_BYTES = 200;

export function createSinks(workspace: Workspace, tree: string) {
  let serial = 0;
  /** `port`: where a sink was before; absent: a free one. */
  return async function startSink(port?: number): Promise<Sink> {
    const at = port ?? (await freePort());
    serial += 1;
    const file = join(workspace.dir, `sink-${serial}.count`);
    const log = join(workspace.dir, `sink-${serial}.log`);
    const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const sink = workspace.start(
      join(tree, 'usr/sbin/smtp-sink'),
      ['-c', '-m', '1000', ...user, `127.0.0.1:${at}`, '1000'],
      { env: { LD_LIBRARY_PATH: join(tree, 'usr/lib/postfix') }, stdout: file, stderr: log },
    );
    await listening(sink, { port: at, log });
    const counter = openSync(file, 'r');
    const tail = Buffer.alloc(LAST_LINE_BYTES);

    const taken = () => {
      const size = fstatSync(counter).size;
      const from = Math.max(0, size - LAST_LINE_BYTES);
      const text = tail.toString('latin1', 0, readSync(counter, tail, 0, LAST_LINE_BYTES, from));
      return Number(/.*mesg=(\d+)\r/s.exec(text)?.[1] ?? 0);
    };
    return {
      port: at,
      taken,
      until: (count, timeoutMs) =>
        until(`the sink has ${count} messages (it has ${taken()})`, () => taken() >= count, {
          timeoutMs,
          everyMs: LOOK_EVERY_MS,
        }),
      async stop() {
        closeSync(counter);
        await sink.stop();
        rmSync(file);
        rmSync(log);
      },
    };
  };
}
