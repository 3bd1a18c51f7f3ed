/** A chore: takes messages into the index of texts that lists look into. */

import { counted } from '../../core/counted.ts';
import type { StorePart } from '../../db/verbs/store.ts';

/** Messages of one commit, which others wait for: some 15 µs each. */
const BATCH = 200;

export async function indexMessages(
  { store }: { readonly store: StorePart<'messages.makeSearchable'> },
  signal: AbortSignal,
): Promise<string> {
  let done = 0;
  for (;;) {
    const indexed = await store.messages.makeSearchable({ limit: BATCH });
    done += indexed;
    if (indexed === 0 || signal.aborted) return `${counted(done, 'message')} can be searched by an index`;
  }
}
