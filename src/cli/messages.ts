/** Messages as the HTTP API gives them, and the paging over their list. */

import type { Client } from './client/client.ts';
import type { MessageRowJson, PageJson } from './client/wire.ts';
import { type OfTenant, ofTenants } from './of-tenants.ts';

const PAGE = 200;

/** `tenant`: its slug, in a list of several tenants. */
export type ListedMessage = MessageRowJson & { readonly tenant?: string };

type Page = PageJson<MessageRowJson>;

/** Yields up to `limit` messages that match, newest first, a page at a time; of every tenant where an operator names none. */
export async function* listMessages(
  client: Client,
  { query, limit, tenant }: { query: Readonly<Record<string, string>>; limit: number; tenant?: string },
): AsyncGenerator<ListedMessage> {
  const named: Record<string, string> = tenant === undefined ? {} : { 'x-iep-tenant': tenant };
  const ask = (headers: Readonly<Record<string, string>>, left: number, cursor?: string) =>
    client.json<Page>('GET', '/v1/messages', { query: { ...query, limit: Math.min(left, PAGE), cursor }, headers });
  const firsts = await ofTenants(client, (headers) => ask({ ...named, ...headers }, limit));
  if (firsts.length > 1)
    return yield* newest(await Promise.all(firsts.map((first) => whole(first, ask, limit))), limit);
  for (const { answer, tenant: only } of firsts) {
    let page = answer;
    for (let left = limit; ; ) {
      yield* page.items;
      left -= page.items.length;
      if (page.cursor === null || left <= 0) break;
      page = await ask(only === undefined ? named : { 'x-iep-tenant': only }, left, page.cursor);
    }
  }
}

async function whole(
  { tenant = '', answer }: OfTenant<Page>,
  ask: (headers: Readonly<Record<string, string>>, left: number, cursor?: string) => Promise<Page>,
  limit: number,
): Promise<readonly ListedMessage[]> {
  const found: ListedMessage[] = [];
  for (let page = answer; ; ) {
    found.push(...page.items.map((item) => ({ ...item, tenant })));
    if (page.cursor === null || found.length >= limit) return found;
    page = await ask({ 'x-iep-tenant': tenant }, limit - found.length, page.cursor);
  }
}

function newest(lists: readonly (readonly ListedMessage[])[], limit: number): readonly ListedMessage[] {
  const all = lists.flat().sort((one, other) => (one.createdAt < other.createdAt ? 1 : -1));
  return Number.isFinite(limit) ? all.slice(0, limit) : all;
}
