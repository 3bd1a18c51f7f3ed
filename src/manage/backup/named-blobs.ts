/** Every blob that a message in the store names, once, in order. */

import type { StorePart } from '../../db/verbs/store.ts';

const AT_ONCE = 1_000;

export async function* allNamedBlobs(store: StorePart<'content.namedBlobs'>): AsyncGenerator<string> {
  let after = '';
  for (;;) {
    const names = await store.content.namedBlobs({ after, limit: AT_ONCE });
    yield* names;
    const last = names.at(-1);
    if (last === undefined || names.length < AT_ONCE) return;
    after = last;
  }
}
