/** What the store's threads and the main thread say to each other. */

import type { MessagePort } from 'node:worker_threads';
import type { Call, Engine } from './engine.ts';
import { type SentError, toSent } from './fault.ts';
import type { Migration } from './migrate.ts';
import type { VerbName } from './verb.ts';
import { verbs } from './verbs/index.ts';

export interface ThreadData {
  readonly file: string;
  readonly migrations: readonly Migration[];
  readonly migrates: boolean;
}

export type ToThread = { readonly kind: 'batch'; readonly calls: readonly Call[] } | { readonly kind: 'close' };

export type SentAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: SentError };

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: SentError }
  | { readonly kind: 'batch'; readonly answers: readonly SentAnswer[]; readonly durationMs: number }
  /** Another process has committed. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'closed' };

/**
 * Opens, says so, then answers batches in the order they come until told to close. All code is loaded before it says so:
 * later, callers would wait for it.
 */
export async function serve(port: MessagePort, open: () => { engine: Engine; close(): void }): Promise<void> {
  const say = (message: FromThread) => port.postMessage(message);
  let opened: ReturnType<typeof open>;
  try {
    opened = open();
    await opened.engine.load(Object.keys(verbs) as VerbName[]);
  } catch (error) {
    say({ kind: 'failed', error: toSent(error) });
    port.close();
    return;
  }
  port.on('message', (message: ToThread) => {
    if (message.kind === 'close') {
      opened.close();
      say({ kind: 'closed' });
      port.close();
      return;
    }
    const startedAt = performance.now();
    const answers = opened.engine
      .run(message.calls)
      .map((answer): SentAnswer => (answer.ok ? answer : { ok: false, error: toSent(answer.error) }));
    say({ kind: 'batch', answers, durationMs: performance.now() - startedAt });
  });
  say({ kind: 'ready' });
}
