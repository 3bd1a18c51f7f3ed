/** For tests of what vendors post: a callback as the door hands it in. */

import type { Callback, CallbackResult, VendorFeedback } from '../inbound.ts';

export interface PostedCallback {
  /** By name in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  readonly now?: number;
}

export const NOW = Date.parse('2026-11-30T12:00:00Z');

export function callbackOf({ headers = {}, body, now = NOW }: PostedCallback): Callback {
  return {
    header: (name) => headers[name],
    body: Buffer.from(body),
    async json() {
      try {
        return JSON.parse(body);
      } catch {
        return undefined;
      }
    },
    now,
  };
}

/** The one event that was told. */
export function onlyEvent(result: CallbackResult): VendorFeedback {
  if (result.kind !== 'events') throw new Error(`expected events, and it was ${result.kind}`);
  const [event, ...others] = result.feedback;
  if (event === undefined || others.length > 0) throw new Error(`expected one event of ${result.feedback.length}`);
  return event;
}

/** What came of the work, and how many turns everybody else had meanwhile. */
export async function withTurns<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly turns: number }> {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  try {
    const result = await work();
    return { result, turns };
  } finally {
    isOver = true;
  }
}
