/** Messages as the HTTP API gives them, and the paging over their list. */

import type { Client } from './client.ts';
import type { MessageRowJson, PageJson } from './wire.ts';

const PAGE = 200;

/** Yields up to `limit` messages that match, newest first, a page at a time. */
export async function* listMessages(
  client: Client,
  { query, limit, tenant }: { query: Readonly<Record<string, string>>; limit: number; tenant?: string },
): AsyncGenerator<MessageRowJson> {
  let left = limit;
  let cursor: string | undefined;
  do {
    const page: PageJson<MessageRowJson> = await client.json('GET', '/v1/messages', {
      query: { ...query, limit: Math.min(left, PAGE), cursor },
      ...(tenant === undefined ? {} : { headers: { 'x-iep-tenant': tenant } }),
    });
    yield* page.items;
    left -= page.items.length;
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined && left > 0);
}
