/** Messages as the HTTP API gives them, and the paging over their list. */

import type { Client } from './client/client.ts';
import type { MessageRowJson, PageJson } from './client/wire.ts';

const PAGE = 200;

/** Yields up to `limit` messages that match, newest first, a page at a time; of every tenant where an operator names none. */
export async function* listMessages(
  client: Client,
  { query, limit }: { query: Readonly<Record<string, string>>; limit: number },
): AsyncGenerator<MessageRowJson> {
  let cursor: string | undefined;
  for (let left = limit; left > 0; ) {
    const page: PageJson<MessageRowJson> = await client.json('GET', '/v1/messages', {
      query: { ...query, limit: Math.min(left, PAGE), cursor },
    });
    yield* page.items;
    if (page.cursor === null) return;
    left -= page.items.length;
    cursor = page.cursor;
  }
}

/** Whether a list names more than one, so that it needs a column for them. */
export function ofSeveralTenants(items: readonly { readonly tenant: string }[]): boolean {
  return items.some(({ tenant }) => tenant !== items[0]?.tenant);
}
