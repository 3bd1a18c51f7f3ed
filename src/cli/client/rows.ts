/** Rows of a list, from page to page, as many as somebody wants to see. */

import type { Client } from './client.ts';
import type { PageJson } from './wire.ts';

interface Wanted {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly limit: number;
}

/** Of one page. */
const PAGE = 200;

/** Yields up to `limit` rows in the order of the list. */
export async function* listRows<Row>(client: Client, path: string, { query, limit }: Wanted): AsyncGenerator<Row> {
  let cursor: string | undefined;
  for (let left = limit; left > 0; ) {
    const page: Pick<PageJson<Row>, 'items' | 'cursor'> = await client.json('GET', path, {
      query: { ...query, limit: Math.min(left, PAGE), cursor },
    });
    yield* page.items;
    if (page.cursor === null) return;
    left -= page.items.length;
    cursor = page.cursor;
  }
}

export function allRows<Row>(client: Client, path: string, wanted: Wanted): Promise<Row[]> {
  return Array.fromAsync(listRows<Row>(client, path, wanted));
}
