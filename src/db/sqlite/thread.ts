/** The messages between the store's threads and the main thread. */

import type { MessagePort } from 'node:worker_threads';
import type { VerbCall, VerbResult } from './engine.ts';
import { type SentError, toSent } from './fault.ts';
import type { Migration } from './migrate.ts';

export interface ThreadData {
  readonly file: string;
  readonly migrations: readonly Migration[];
  readonly migrates: boolean;
}

export type ToWriter = { readonly kind: 'batch'; readonly calls: readonly VerbCall[] } | { readonly kind: 'close' };

export type ToReader =
  | { readonly kind: 'scan'; readonly id: number; readonly tenant: string; readonly call: VerbCall }
  /** Nobody waits for it any more. */
  | { readonly kind: 'drop'; readonly id: number }
  | { readonly kind: 'close' };

export type SentAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: SentError };

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: SentError }
  | { readonly kind: 'batch'; readonly answers: readonly SentAnswer[]; readonly durationMs: number }
  | { readonly kind: 'scanned'; readonly id: number; readonly answer: SentAnswer }
  /** Another process has committed. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'closed' };

export function toSentAnswer(answer: VerbResult): SentAnswer {
  return answer.ok ? answer : { ok: false, error: toSent(answer.error) };
}

/** Opens, says so, then hears what it is asked until it is told to close. */
export function runThread<M extends ToWriter | ToReader>(
  port: MessagePort,
  open: (say: (message: FromThread) => void) => { hear(message: Exclude<M, { kind: 'close' }>): void; close(): void },
): void {
  const say = (message: FromThread) => port.postMessage(message);
  let opened: ReturnType<typeof open>;
  try {
    opened = open(say);
  } catch (error) {
    say({ kind: 'failed', error: toSent(error) });
    port.close();
    return;
  }
  port.on('message', (message: M) => {
    if (message.kind !== 'close') return opened.hear(message as Exclude<M, { kind: 'close' }>);
    opened.close();
    say({ kind: 'closed' });
    port.close();
  });
  say({ kind: 'ready' });
}
